import type { AccountTermsEventType, Details, LedgerEvent, LedgerRecord, RecordDetails, RecordTransaction } from '@ledgerflow/contracts';
import { isAccountEvent, recordToJson, termsFromJson, transactionId, ZERO_HASH } from '@ledgerflow/contracts';
import type { Queryable } from '@ledgerflow/platform/postgres';
import type { Head } from '../domain/state.ts';
import { eventType, microsSql, plainArray, recordType, uuidToHex } from './rows.ts';

/** Who a record belongs to: what its rows leave out. */
export type RecordOwner = Pick<Head, 'ledger' | 'number' | 'uuid'>;

// All by primary keys. The positions before the wanted ones are asked for as well: their leaves are the previous hashes.
const RECORDS = `select r.*, p.id as actor from unnest($2::bigint[]) w(wanted)
  cross join lateral (select position, epoch, ${microsSql('recorded_at')} as recorded_at, ${microsSql('effective_at')} as effective_at, type, actor as actor_number,
    correlation, causation, key, fingerprint, encode(leaf, 'hex') as leaf, transactions from ledger.records where ledger = $1 and position = wanted offset 0) r
  left join lateral (select id from ledger.principals where ledger = $1 and number = r.actor_number offset 0) p on true`;
const EVENTS = `select e.*, a.id, a.currency from unnest($2::bigint[]) w(wanted)
  cross join lateral (select position, type, account, version, transaction, amount, posted_after, held_after, data
    from ledger.events where ledger = $1 and position = wanted order by index offset 0) e
  left join lateral (select id, currency from ledger.accounts where ledger = $1 and number = e.account offset 0) a on true`;
const DETAILS = `select d.* from unnest($2::bigint[]) w(wanted)
  cross join lateral (select position, index, encode(hash, 'hex') as hash, encode(salt, 'hex') as salt, body
    from ledger.details where ledger = $1 and position = wanted order by index offset 0) d`;
const SCALES = 'select code, scale from ledger.currencies where ledger = $1';

interface RecordRow {
  position: string;
  epoch: number;
  recorded_at: string;
  effective_at: string;
  type: number;
  actor: string;
  correlation: string;
  causation: string;
  key: string;
  fingerprint: string;
  /** Hex digits. */
  leaf: string;
  /** [effective time in microseconds, externalId] of each transaction. */
  transactions: [string, string | null][] | null;
}

interface EventRow {
  position: string;
  type: number;
  account: number | null;
  id: string;
  currency: string;
  version: string;
  transaction: number;
  amount: string;
  posted_after: string;
  held_after: string;
  data: Record<string, unknown> | null;
}

interface DetailsRow {
  position: string;
  index: number;
  hash: string;
  salt: string | null;
  body: Details | null;
}

function eventOf(row: EventRow, owner: RecordOwner): LedgerEvent {
  const type = eventType(row.type);
  if (type === 'LedgerOpened') return { type, data: { id: owner.ledger, uuid: owner.uuid } };
  const data = row.data ?? {};
  if (type === 'CurrencyAdded') return { type, data: { code: data['code'] as string, scale: data['scale'] as number } };
  const base = {
    account: row.id,
    accountNumber: row.account as number,
    currency: row.currency,
    version: BigInt(row.version),
    postedAfter: BigInt(row.posted_after),
    heldAfter: BigInt(row.held_after),
  };
  if (type === 'EntryPosted') return { ...base, type, transaction: row.transaction, amount: BigInt(row.amount) };
  return { ...base, type: type satisfies AccountTermsEventType, data: termsFromJson(data) };
}

function grouped<R extends { position: string }>(rows: readonly R[]): Map<string, R[]> {
  const groups = new Map<string, R[]>();
  for (const row of rows) {
    const group = groups.get(row.position);
    if (group === undefined) groups.set(row.position, [row]);
    else group.push(row);
  }
  return groups;
}

function scalesOf(events: readonly LedgerEvent[], scales: ReadonlyMap<string, number>): Record<string, number> {
  const codes = new Set<string>();
  for (const event of events) {
    if (isAccountEvent(event)) codes.add(event.currency);
    else if (event.type === 'CurrencyAdded') codes.add(event.data.code);
  }
  const found: Record<string, number> = {};
  for (const code of [...codes].sort()) found[code] = scales.get(code) as number;
  return found;
}

/** Null in the row means: as many as the entries tell, each at the record's effective time, without externalId. */
function transactionsOf(row: RecordRow, events: readonly LedgerEvent[]): RecordTransaction[] {
  const [type, position] = [recordType(row.type), BigInt(row.position)];
  if (row.transactions !== null) {
    return row.transactions.map(([effectiveAt, externalId], index) => ({
      id: transactionId(type, position, index),
      effectiveAt: BigInt(effectiveAt),
      externalId,
    }));
  }
  let count = 0;
  for (const event of events) if (event.type === 'EntryPosted') count = Math.max(count, event.transaction + 1);
  const effectiveAt = BigInt(row.effective_at);
  return Array.from({ length: count }, (_, index) => ({ id: transactionId(type, position, index), effectiveAt, externalId: null }));
}

const detailsOf = ({ index, hash, salt, body }: DetailsRow): RecordDetails => ({ index, hash, salt, body });

function recordOf(
  row: RecordRow,
  previousHash: string,
  events: LedgerEvent[],
  details: RecordDetails[],
  owner: RecordOwner,
  scales: ReadonlyMap<string, number>,
): LedgerRecord {
  return {
    ledger: owner.ledger,
    ledgerNumber: owner.number,
    ledgerUuid: owner.uuid,
    epoch: row.epoch,
    position: BigInt(row.position),
    previousHash,
    hash: row.leaf,
    type: recordType(row.type),
    actor: row.actor,
    correlationId: row.correlation,
    causationId: row.causation,
    key: uuidToHex(row.key),
    fingerprint: uuidToHex(row.fingerprint),
    recordedAt: BigInt(row.recorded_at),
    effectiveAt: BigInt(row.effective_at),
    scales: scalesOf(events, scales),
    transactions: transactionsOf(row, events),
    details,
    events,
  };
}

/**
 * The JSON texts of records, by position: from the rows exactly the text that was answered and published when they were committed, erased details aside.
 * The statements see committed rows that never change, so they need no transaction around them.
 */
export async function renderRecords(client: Queryable, owner: RecordOwner, positions: readonly bigint[]): Promise<Map<bigint, string>> {
  const texts = new Map<bigint, string>();
  if (positions.length === 0) return texts;
  const wanted = plainArray(positions);
  const withPrevious = plainArray([...new Set(positions.flatMap((position) => [position - 1n, position]))]);
  const [records, events, details, currencies] = await Promise.all([
    client.query<RecordRow>({ name: 'render-records', text: RECORDS, values: [owner.number, withPrevious] }),
    client.query<EventRow>({ name: 'render-events', text: EVENTS, values: [owner.number, wanted] }),
    client.query<DetailsRow>({ name: 'render-details', text: DETAILS, values: [owner.number, wanted] }),
    client.query<{ code: string; scale: number }>({ name: 'render-scales', text: SCALES, values: [owner.number] }),
  ]);
  const rows = new Map(records.rows.map((row) => [row.position, row]));
  const [eventRows, detailsRows] = [grouped(events.rows), grouped(details.rows)];
  const scales = new Map(currencies.rows.map(({ code, scale }) => [code, scale]));
  for (const position of positions) {
    const row = rows.get(position.toString());
    if (row === undefined) throw new RangeError(`the log of ledger ${owner.ledger} has no record ${position}`);
    const previous = rows.get((position - 1n).toString())?.leaf ?? ZERO_HASH;
    const recordEvents = (eventRows.get(row.position) ?? []).map((event) => eventOf(event, owner));
    const recordDetails = (detailsRows.get(row.position) ?? []).map(detailsOf);
    texts.set(position, recordToJson(recordOf(row, previous, recordEvents, recordDetails, owner, scales)));
  }
  return texts;
}
