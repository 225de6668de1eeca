import type { BatcherOptions } from '../commands/batcher.ts';
import { createPrincipal } from '../auth/principal.ts';
import type { TokenVerifier } from '../auth/verifier.ts';
import type { ConsistencyTokens } from '../reads/consistency.ts';

/** Plausible mistakes for `npm run history-check` to find (services/e2e/history/bugs.ts), and what the bench compares with. Loaded only under --conditions=planted-bugs, in the place of ../no-bugs.ts. */
export const PLANTED_BUGS = ['ignores-tokens', 'swaps-answers', 'asks-nobody'] as const;

type Execute = BatcherOptions['execute'];

/** ignores-tokens: no read waits for the position that it names. */
export function plantInTokens(bug: string | undefined, tokens: ConsistencyTokens): ConsistencyTokens {
  if (bug !== 'ignores-tokens') return tokens;
  return Object.assign(Object.create(tokens) as ConsistencyTokens, { parse: () => null, parseAll: () => new Map() });
}

/** swaps-answers: of the requests that went to the writer together, each hears the answer of the next. */
export function plantInCalls(bug: string | undefined, execute: Execute): Execute {
  if (bug !== 'swaps-answers') return execute;
  return async (ledger, request) => {
    const { results, ...rest } = await execute(ledger, request);
    return { ...rest, results: [...results.slice(1), ...results.slice(0, 1)] };
  };
}

/** asks-nobody: every caller is an administrator, no token is looked at. The bench measures by it what authentication costs. */
export function plantInVerifier(
  bug: string | undefined,
  verifier: Pick<TokenVerifier, 'authenticate'>,
): Pick<TokenVerifier, 'authenticate'> {
  if (bug !== 'asks-nobody') return verifier;
  const everybody = createPrincipal('everybody', ['admin'], ['*'], Number.MAX_SAFE_INTEGER);
  return { authenticate: () => everybody };
}
