import { type DataOf, LedgerFlowProblem } from '@ledgerflow/client';

export type Letter = DataOf<'listDeadLetters'>['data'][number];
export type WholeLetter = DataOf<'getDeadLetter'>;
export type Repair = DataOf<'getRepair'>;

/**
 * Why a letter is not discarded, as far as it can be seen from here: it was not refused; all projections would lack it and it moves money or opens an account. null: it may be asked for, and the
 * builder decides.
 */
export function notDiscardable({ state, accountCount, record }: WholeLetter): 'queued' | 'balance' | null {
  if (state !== 'refused') return 'queued';
  const isNeeded = record?.events.some(({ type, amount }) => amount !== undefined || type === 'AccountOpened') ?? false;
  return accountCount > 0 && isNeeded ? 'balance' : null;
}

export const isRunning = (repair: Repair): boolean => repair.state === 'running';

/** Asking again will not help: the gateway has said that it is not there, or not for who asks. */
export const isFinal = (error: unknown): boolean => error instanceof LedgerFlowProblem && error.status < 500 && error.status !== 429;
