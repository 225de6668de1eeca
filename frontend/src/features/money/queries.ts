import type { Account, Movement, RequestOf } from '@ledgerflow/client';
import { useMutation, useQueries, useQueryClient, type UseQueryResult } from '@tanstack/react-query';
import { isId } from '../../api/id.ts';
import { ledgerflow } from '../../api/client.ts';
import { keys, STALE_MS } from '../../api/keys.ts';
import { answerOf } from '../../api/queries.ts';
import type { Command } from './intent/command.ts';
import { mustBe } from './owner.ts';

/** While a form is open its balances are asked for so often; of many accounts more seldom. */
const REFETCH_MS = 3_000;
const REFETCH_MANY_MS = 30_000;
const MANY = 6;

export type AccountQuery = UseQueryResult<Account>;

/** The accounts of a form as they are now, by id. */
export function useAccounts(ledger: string, ids: readonly string[]): ReadonlyMap<string, AccountQuery> {
  const known = ids.filter(isId);
  const results = useQueries({
    queries: known.map((account) => ({
      ...answerOf('getAccount', { ledger, account }, STALE_MS.live),
      refetchInterval: known.length > MANY ? REFETCH_MANY_MS : REFETCH_MS,
    })),
  });
  return new Map(known.map((id, index) => [id, results[index] as AccountQuery]));
}

/** The four commands have one answer. */
const answer = ({ operation, request }: Command, options: { idempotencyKey?: string }, isDry: boolean) => {
  const values = isDry ? { ...request, dryRun: true } : request;
  return ledgerflow.answer(operation as 'createTransfer', values as RequestOf<'createTransfer'>, options);
};

/** What the ledger would do. Writes nothing, and uses no key of an intent. */
export const useDryRun = () =>
  useMutation({ mutationFn: async (command: Command): Promise<Movement> => (await answer(command, {}, true)).data });

export interface Sent {
  command: Command;
  key: string;
  /** Whose it is, and where its answer belongs: whoever is signed in by then. */
  who: string;
  place: string;
}

/** Sends a command under its key. The callbacks are called wherever the person has gone meanwhile. */
export function useSend(
  ledger: string,
  on: {
    answered: (sent: Sent, movement: Movement, isReplayed: boolean) => void;
    failed: (sent: Sent, error: unknown) => void;
  },
) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: async ({ command, key, who }: Sent) => {
      await mustBe(who);
      return answer(command, { idempotencyKey: key }, false);
    },
    onSuccess: ({ data, isReplayed }, sent) => on.answered(sent, data, isReplayed),
    onError: (error, sent) => on.failed(sent, error),
    onSettled: () => void queryClient.invalidateQueries({ queryKey: keys.ledger(ledger) }),
  });
}
