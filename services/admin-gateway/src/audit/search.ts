import type { Micros } from '@ledgerflow/contracts';
import type { Principal } from '../auth/principal.ts';
import { Problem } from '../http/problem.ts';
import type { ReadModel } from '../reads/read-model.ts';
import type { WriterCalls } from '../writer/calls.ts';
import { type AuditedRecord, walkRecords } from './ledger-records.ts';
import type { AuditEntry, AuditFilter, AuditKind, AuditStore } from './store.ts';

export type AuditSource = 'ledger' | 'gateway';

export interface SearchFilter extends Omit<AuditFilter, 'ledgers'> {
  /** Null: all that the caller may see. */
  ledger: string | null;
  source?: AuditSource | undefined;
}

/** Where a walk is: a time, which of the sources, and where in it (a ledger's id, an entry's id). */
export interface Place {
  at: Micros;
  rank: number;
  id: string;
}

export type Found = { source: 'gateway'; kind: AuditKind; entry: AuditEntry } | { source: 'ledger'; record: AuditedRecord };

/** One thing that was looked at; found: it matches. */
export interface Step {
  place: Place;
  found: Found | null;
}

export interface SearchOptions {
  store: Pick<AuditStore, 'list'>;
  writer: Pick<WriterCalls, 'getHeads' | 'resolveTime' | 'readLog'>;
  model: Pick<ReadModel, 'listLedgers'>;
}

/** Of a search that names no ledger: more have to be named one by one. */
const LEDGERS_MAX = 1_000;
const STORE_PAGE = 200;
const ID_MAX = 2n ** 63n - 1n;

/** At one time: records, then actions, then accesses. */
const RECORDS_RANK = 0;
const RANKS: Readonly<Record<AuditKind, number>> = { actions: 1, accesses: 2 };

/** The types of records are written `FundsDeposited`, the gateway's words `dlq.retry`, `listDeadLetters`. */
const isRecordType = (action: string): boolean => /^[A-Z]/.test(action);

async function* storeSteps(
  { store }: SearchOptions,
  kind: AuditKind,
  filter: AuditFilter,
  after: Place | null,
): AsyncGenerator<Step, void> {
  const rank = RANKS[kind];
  // What stands behind a place of another source: at its time all of this one, or none.
  let key = after === null ? null : { recordedAt: after.at, id: after.rank === rank ? BigInt(after.id) : after.rank < rank ? ID_MAX : 0n };
  do {
    const page = await store.list(kind, filter, { after: key, limit: STORE_PAGE });
    for (const entry of page.rows)
      yield { place: { at: entry.recordedAt, rank, id: entry.id.toString() }, found: { source: 'gateway', kind, entry } };
    key = page.next;
    // So many were looked at, so that a page can end here.
    if (key !== null) yield { place: { at: key.recordedAt, rank, id: key.id.toString() }, found: null };
  } while (key !== null);
}

function matches({ actor, action, requestId }: SearchFilter, record: AuditedRecord): boolean {
  return (
    (actor === undefined || record.actor === actor) &&
    (action === undefined || record.type === action) &&
    (requestId === undefined || record.requestId === requestId)
  );
}

async function ledgersOf({ model }: SearchOptions, { ledgers }: Principal, ledger: string | null): Promise<readonly string[]> {
  if (ledger !== null) return ledgers.has('*') || ledgers.has(ledger) ? [ledger] : [];
  const granted = ledgers.has('*') ? null : [...ledgers];
  if (granted !== null && granted.length <= LEDGERS_MAX) return granted;
  const page = await model.listLedgers(granted, { after: null, limit: LEDGERS_MAX });
  if (page.next !== null)
    throw new Problem('invalid_request', {
      detail: `Of more than ${LEDGERS_MAX} ledgers one has to be named, or the source`,
      field: 'ledger',
    });
  return page.rows.map(({ value }) => value.id);
}

async function* recordSteps(
  options: SearchOptions,
  filter: SearchFilter,
  caller: { principal: Principal; requestId: string },
  after: Place | null,
): AsyncGenerator<Step, void> {
  const { to, from } = filter;
  const bound = (ledger: string): Micros | null => {
    if (after === null) return to ?? null;
    const isBehind = after.rank > RECORDS_RANK ? false : ledger > after.id;
    // A place of another source comes after the records of its time.
    const last = isBehind ? after.at : after.at - 1n;
    return to !== undefined && to < last ? to : last;
  };
  const walk = walkRecords({
    writer: options.writer,
    principal: caller.principal.forWriter,
    requestId: caller.requestId,
    ledgers: await ledgersOf(options, caller.principal, filter.ledger),
    upTo: bound,
    from,
  });
  for await (const record of walk)
    yield {
      place: { at: record.recordedAt, rank: RECORDS_RANK, id: record.ledger },
      found: matches(filter, record) ? { source: 'ledger', record } : null,
    };
}

function isBefore(a: Place, b: Place): boolean {
  return a.at === b.at ? a.rank < b.rank : a.at > b.at;
}

/**
 * Both stores in one order: newest first, at one time records of ledgers (by ledger), then actions, then accesses (the later written first). Records are read from the logs and looked at one by
 * one; those that do not match are steps too, so that a page can end where it got to. Throws the Problems audit_unavailable, unavailable, invalid_request.
 */
export async function* searchAudit(
  options: SearchOptions,
  filter: SearchFilter,
  caller: { principal: Principal; requestId: string },
  after: Place | null,
): AsyncGenerator<Step, void> {
  const { ledger, source, action, outcome, ...rest } = filter;
  const { ledgers: granted } = caller.principal;
  const isAll = granted.has('*');
  const ledgers = ledger !== null ? (isAll || granted.has(ledger) ? [ledger] : []) : isAll ? null : [...granted];
  const steps: AsyncGenerator<Step, void>[] = [];
  const isOfRecords = (action === undefined || isRecordType(action)) && (outcome === undefined || outcome === 'done');
  if (source !== 'gateway' && isOfRecords) steps.push(recordSteps(options, filter, caller, after));
  if (source !== 'ledger' && (action === undefined || !isRecordType(action)))
    for (const kind of ['actions', 'accesses'] as const)
      steps.push(storeSteps(options, kind, { ...rest, action, outcome, ledgers }, after));
  try {
    let heads = await Promise.all(steps.map(async (walk) => ({ walk, step: await walk.next() })));
    for (;;) {
      heads = heads.filter(({ step }) => step.done !== true);
      if (heads.length === 0) return;
      const next = heads.reduce((a, b) => (isBefore((b.step.value as Step).place, (a.step.value as Step).place) ? b : a));
      yield next.step.value as Step;
      next.step = await next.walk.next();
    }
  } finally {
    await Promise.all(steps.map((walk) => walk.return()));
  }
}

/** The search with what it works on. */
export class AuditSearch {
  private readonly options: SearchOptions;

  constructor(options: SearchOptions) {
    this.options = options;
  }

  walk(filter: SearchFilter, caller: { principal: Principal; requestId: string }, after: Place | null): AsyncGenerator<Step, void> {
    return searchAudit(this.options, filter, caller, after);
  }
}
