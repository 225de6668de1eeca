import type { AccountTerms } from '@ledgerflow/contracts';
import type { StatementRow, SummaryRow } from './read-rows.ts';
import type { AccountRow } from './rows.ts';

/** One account folded from its events. */
export interface FoldedAccount {
  number: number;
  id: string;
  currency: string;
  version: number;
  posted: bigint;
  held: bigint;
  terms: AccountTerms;
  name: string | null;
  /** Parsed JSON. */
  metadata: unknown;
  /** A text of it was erased, so what its rows should show is not known. */
  isProfileErased: boolean;
  ownerAtOpening: string | null;
  openedAt: number;
  updatedAt: number;
  /** Position of its last event. */
  position: number;
}

const STATUS_CODES = { open: 1, frozen: 2, closed: 3 } as const;
const SCOPE_CODES = { all: 1, debits: 2 } as const;

type Pair = [field: string, found: unknown, expected: unknown];

function common(account: FoldedAccount, row: AccountRow | SummaryRow): Pair[] {
  const [, id, currency, version, posted, held] = row;
  return [
    ['id', id, account.id],
    ['currency', currency, account.currency],
    ['version', version, account.version],
    ['posted', posted, account.posted],
    ['held', held, account.held],
    ['minimum', row[8], account.terms.minBalance],
    ['maximum', row[9], account.terms.maxBalance],
    ...(account.isProfileErased ? [] : [['name', row[11], account.name] as Pair]),
  ];
}

/** The fields of the writer's row beside what the log says. */
export function accountFields(account: FoldedAccount, row: AccountRow): Pair[] {
  const { status, freezeScope, ownerId } = account.terms;
  return [
    ...common(account, row),
    ['status', row[6], STATUS_CODES[status]],
    ['freeze scope', row[7], freezeScope === null ? null : SCOPE_CODES[freezeScope]],
    ['owner', row[10], ownerId],
  ];
}

/** The same of the read model's row. */
export function summaryFields(account: FoldedAccount, row: SummaryRow, scale: number | undefined): Pair[] {
  const { status, freezeScope } = account.terms;
  return [
    ...common(account, row),
    ['status', row[6], status],
    ['freeze scope', row[7], freezeScope],
    ['owner', row[10], account.ownerAtOpening],
    ['scale', row[13], scale],
    ['time of opening', row[14], account.openedAt],
    ['time of the last change', row[15], account.updatedAt],
  ];
}

/** An event as the read model's statement should show it; what is null in entries or in changes of terms is compared too. */
export interface StatementEvent {
  position: number;
  index: number;
  type: number;
  transaction: number | null;
  inBatch: boolean;
  version: number;
  amount: bigint | null;
  postedAfter: bigint;
  heldAfter: bigint;
  recordedAt: number;
  effectiveAt: number;
  terms: AccountTerms | null;
}

const STATEMENT_FIELDS = [
  '',
  '',
  '',
  'type',
  'transaction',
  'in batch',
  'version',
  'amount',
  'posted after',
  'held after',
  'time of recording',
  'effective time',
  'status',
  'freeze scope',
  'minimum',
  'maximum',
  'owner',
];

/** The first field in which a statement's row differs from the event, null when none does. */
export function statementDifference(event: StatementEvent, row: StatementRow): Pair | null {
  const { terms } = event;
  if (
    row[3] === event.type &&
    row[4] === event.transaction &&
    row[5] === event.inBatch &&
    row[6] === event.version &&
    row[7] === event.amount &&
    row[8] === event.postedAfter &&
    row[9] === event.heldAfter &&
    row[10] === event.recordedAt &&
    row[11] === event.effectiveAt &&
    row[12] === (terms === null ? null : terms.status) &&
    row[13] === (terms === null ? null : terms.freezeScope) &&
    row[14] === (terms === null ? null : terms.minBalance) &&
    row[15] === (terms === null ? null : terms.maxBalance) &&
    row[16] === (terms === null ? null : terms.ownerId)
  )
    return null;
  const { type, transaction, inBatch, version, amount, postedAfter, heldAfter, recordedAt, effectiveAt } = event;
  const expected: unknown[] = [
    type,
    transaction,
    inBatch,
    version,
    amount,
    postedAfter,
    heldAfter,
    recordedAt,
    effectiveAt,
    terms?.status ?? null,
  ];
  expected.push(terms?.freezeScope ?? null, terms?.minBalance ?? null, terms?.maxBalance ?? null, terms?.ownerId ?? null);
  const at = expected.findIndex((value, i) => value !== row[i + 3]);
  return [STATEMENT_FIELDS[at + 3] ?? '', row[at + 3], expected[at]];
}
