import type { BatcherOptions } from './commands/batcher.ts';
import type { TokenVerifier } from './auth/verifier.ts';
import type { ConsistencyTokens } from './reads/consistency.ts';

/** What #planted-bugs is (package.json) unless the process was started with --conditions=planted-bugs: nothing to plant, and none of that code loaded. */
export const PLANTED_BUGS: readonly string[] = [];

export const plantInTokens = (_bug: string | undefined, tokens: ConsistencyTokens): ConsistencyTokens => tokens;

export const plantInCalls = (_bug: string | undefined, execute: BatcherOptions['execute']): BatcherOptions['execute'] => execute;

type Verifier = Pick<TokenVerifier, 'authenticate'>;

export const plantInVerifier = (_bug: string | undefined, verifier: Verifier): Verifier => verifier;
