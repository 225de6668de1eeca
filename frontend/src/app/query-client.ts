import { LedgerFlowProblem, LedgerFlowUnreachable } from '@ledgerflow/client';
import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { attempts } from '../api/client.ts';
import { connection } from './connection.ts';
import { ownAnswers } from './own-answers.ts';
import type { AppStore } from './state.ts';

/** Of a proxy on the way to the gateway. */
const GONE_STATUSES = [502, 504];

/**
 * The ledgerflow client tries again by itself, with jitter and what Retry-After asks for: a query does not a second time. What was shown stays until there is newer. How the
 * page stands with the gateway is told to the store.
 */
export function createQueryClient({ dispatch }: Pick<AppStore, 'dispatch'>): QueryClient {
  const { answered, lost, signedOut } = connection.actions;
  const onSuccess = (): void => void dispatch(answered());
  const onLost = (): void => void dispatch(lost(Date.now()));
  const onError = (error: unknown): void => {
    const status = error instanceof LedgerFlowProblem ? error.status : null;
    if (status === 401) dispatch(signedOut(Date.now()));
    else if (error instanceof LedgerFlowUnreachable || (status !== null && GONE_STATUSES.includes(status))) onLost();
    else if (status !== null) onSuccess();
  };
  attempts.addEventListener('unreachable', onLost);
  window.addEventListener('offline', onLost);
  const onAnswer = ownAnswers(() => client);
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({
      onError,
      onSuccess: (data, query) => {
        onSuccess();
        onAnswer(data, query);
      },
    }),
    mutationCache: new MutationCache({ onError, onSuccess }),
    defaultOptions: {
      queries: { retry: false, networkMode: 'always', gcTime: 300_000 },
      mutations: { retry: false, networkMode: 'always' },
    },
  });
  return client;
}
