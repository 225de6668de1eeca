import type { DataOf, OperationId, RequestOf } from '@ledgerflow/client';
import { paths } from '../../app/paths.ts';
import type { Tone } from '../../ui/badge/index.ts';

export type Entry = DataOf<'listAudit'>['data'][number];
export type AuditFilters = Omit<RequestOf<'listAudit'>, 'limit' | 'cursor' | 'body'>;
type May = (operation: OperationId, ledger?: string) => boolean;

export const FILTERS = ['source', 'action', 'actor', 'ledger', 'outcome', 'requestId', 'from', 'to'] as const;

/** For those who do not know them by heart; others can be typed. */
export const KNOWN_ACTIONS: readonly string[] = [
  'dlq.retry',
  'dlq.retry-all',
  'dlq.discard',
  'rebuild.request',
  'rebuild.cancel',
  'audit.export',
  'audit.expire',
  'LedgerOpened',
  'CurrencyAdded',
  'AccountOpened',
  'AccountUpdated',
  'AccountFrozen',
  'AccountUnfrozen',
  'AccountClosed',
  'FundsDeposited',
  'FundsWithdrawn',
  'FundsTransferred',
  'TransactionPosted',
  'BatchPosted',
];
export const KNOWN_OUTCOMES: readonly string[] = ['done', 'accepted', 'forbidden', 'unauthenticated', 'still_refused', 'balance_depends'];

export function toneOf({ outcome }: Entry): Tone {
  if (outcome === null) return 'warn';
  if (outcome.outcome === 'done') return 'well';
  return outcome.outcome === 'accepted' ? 'busy' : 'bad';
}

function ofLedger({ ledger, target, action, position }: Entry, may: May): string | null {
  if (ledger === null || target === null) return null;
  const isTransaction = !action.startsWith('Account') && (target === position || target.startsWith(`${position}-`));
  if (isTransaction) return may('getTransaction', ledger) ? paths.transaction(ledger, target) : null;
  return may('getAccount', ledger) ? paths.account(ledger, target) : null;
}

/** The id of what an action made. */
function madeBy({ outcome }: Entry): string | null {
  const { id } = (outcome?.result ?? {}) as { id?: unknown };
  return typeof id === 'string' ? id : null;
}

/** The page of what was acted on; null when there is none, or they may not see it. */
export function placeOf(entry: Entry, may: May): string | null {
  const { source, action, target } = entry;
  if (source === 'ledger') return ofLedger(entry, may);
  if ((action === 'dlq.retry' || action === 'dlq.discard') && target !== null && may('getDeadLetter')) return paths.deadLetter(target);
  const rebuild = action === 'rebuild.cancel' ? target : action === 'rebuild.request' ? madeBy(entry) : null;
  return rebuild !== null && may('getRebuild') ? paths.rebuild(rebuild) : null;
}
