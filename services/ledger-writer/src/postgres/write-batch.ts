import type { LedgerEvent, LedgerRecord } from '@ledgerflow/contracts';
import { digestToHex, EVENT_TYPE_CODES, isAccountEvent, RECORD_TYPE_CODES, termsToJson } from '@ledgerflow/contracts';
import type { BatchWrites } from '../application/store.ts';
import type { Head, SealedBatch } from '../domain/state.ts';
import type { Statement } from './flight.ts';
import type { BatchReading } from './read-batch.ts';
import { bigintArray, byteaArray, intArray, plainArray, smallintArray, textArray, timestamp, timestampArray } from './rows.ts';
import { accountStatements } from './write-accounts.ts';

/** Numbers of a ledger's principals, and which of them are new with this batch. */
export interface PrincipalNumbers {
  numbers: ReadonlyMap<string, number>;
  added: readonly { id: string; number: number }[];
}

const ENTRIES = `insert into ledger.events (ledger, position, index, account, version, type, transaction, amount, posted_after, held_after)
  select $1, p, i, a, v, ${EVENT_TYPE_CODES.EntryPosted}, t, m, b, h
  from unnest($2::bigint[], $3::int[], $4::int[], $5::bigint[], $6::smallint[], $7::numeric(38,0)[], $8::numeric(38,0)[], $9::numeric(38,0)[]) u(p, i, a, v, t, m, b, h)`;
const OTHER_EVENTS = `insert into ledger.events (ledger, position, index, account, version, type, posted_after, held_after, data)
  select $1, p, i, a, v, y, b, h, d
  from unnest($2::bigint[], $3::int[], $4::int[], $5::bigint[], $6::smallint[], $7::numeric(38,0)[], $8::numeric(38,0)[], $9::jsonb[]) u(p, i, a, v, y, b, h, d)`;
// The digests describe the ledger at the end of the batch: they stand on its last record only.
const RECORDS = `insert into ledger.records (ledger, epoch, position, recorded_at, effective_at, type, actor, bytes, correlation, causation, key, fingerprint, leaf, transactions, entry_digest, account_digest)
  select $1, $2, p, r, e, y, w, n, o, c, k, f, l, t, case when p = $15 then $16::bytea end, case when p = $15 then $17::bytea end
  from unnest($3::bigint[], $4::timestamptz[], $5::timestamptz[], $6::smallint[], $7::int[], $8::int[], $9::uuid[], $10::uuid[], $11::uuid[], $12::uuid[], $13::bytea[], $14::jsonb[])
    u(p, r, e, y, w, n, o, c, k, f, l, t)`;
const DETAILS = `insert into ledger.details (ledger, position, index, hash, salt, body)
  select $1, p, i, h, s, b from unnest($2::bigint[], $3::int[], $4::bytea[], $5::bytea[], $6::json[]) u(p, i, h, s, b)`;
const EXTERNAL_IDS = `insert into ledger.external_ids (ledger, position, index, external_id)
  select $1, p, i, x from unnest($2::bigint[], $3::int[], $4::text[]) u(p, i, x)`;
const PRINCIPALS = 'insert into ledger.principals (ledger, number, id) select $1, n, i from unnest($2::int[], $3::text[]) u(n, i)';
const CURRENCIES = 'insert into ledger.currencies (ledger, code, scale) select $1, c, s from unnest($2::text[], $3::smallint[]) u(c, s)';
const REFUSALS = `insert into ledger.refusals (ledger, key, fingerprint, actor, code, parameters, recorded_at)
  select $1, k, f, w, c, p, r from unnest($2::uuid[], $3::uuid[], $4::int[], $5::text[], $6::json[], $7::timestamptz[]) u(k, f, w, c, p, r)`;
// The division makes the transaction fail unless exactly our head, in our epoch, moved: the statement is already on its way together with the COMMIT.
const ADVANCE = `with moved as (
    update ledger.heads set position = $4, recorded_at = $5, record_hash = $6, frontier = $7, entry_digest = $8, account_digest = $9, account_count = $10
    where ledger = $1 and epoch = $2 and position = $3 returning 1)
  select 1 / count(*) from moved`;
const HASH_BYTES = 32;
const SALT_BYTES = 16;
const COMMIT: Statement = { name: 'commit', text: 'commit' };

function entriesStatement(ledger: number, records: readonly LedgerRecord[]): Statement | null {
  const p: bigint[] = [],
    i: number[] = [],
    a: number[] = [],
    v: bigint[] = [],
    t: number[] = [],
    m: bigint[] = [],
    b: bigint[] = [],
    h: bigint[] = [];
  for (const { position, events } of records) {
    for (let index = 0; index < events.length; index++) {
      const event = events[index] as LedgerEvent;
      if (event.type !== 'EntryPosted') continue;
      p.push(position);
      i.push(index);
      a.push(event.accountNumber);
      v.push(event.version);
      t.push(event.transaction);
      m.push(event.amount);
      b.push(event.postedAfter);
      h.push(event.heldAfter);
    }
  }
  if (p.length === 0) return null;
  return {
    name: 'entries',
    text: ENTRIES,
    values: [
      ledger,
      bigintArray(p),
      intArray(i),
      intArray(a),
      bigintArray(v),
      smallintArray(t),
      plainArray(m),
      plainArray(b),
      plainArray(h),
    ],
  };
}

/** The log alone must tell everything, so the opening event keeps the account's id and currency. */
function eventData(event: Exclude<LedgerEvent, { type: 'EntryPosted' }>): string | null {
  if (event.type === 'LedgerOpened') return null;
  if (event.type === 'CurrencyAdded') return JSON.stringify({ code: event.data.code, scale: event.data.scale });
  const terms = termsToJson(event.data);
  return JSON.stringify(event.type === 'AccountOpened' ? { id: event.account, currency: event.currency, ...terms } : terms);
}

function otherEventsStatement(ledger: number, records: readonly LedgerRecord[]): Statement | null {
  const p: bigint[] = [],
    i: number[] = [],
    a: (number | null)[] = [],
    v: (bigint | null)[] = [],
    y: number[] = [],
    b: (bigint | null)[] = [],
    h: (bigint | null)[] = [];
  const data: (string | null)[] = [];
  for (const { position, events } of records) {
    for (let index = 0; index < events.length; index++) {
      const event = events[index] as LedgerEvent;
      if (event.type === 'EntryPosted') continue;
      const account = isAccountEvent(event) ? event : null;
      p.push(position);
      i.push(index);
      a.push(account?.accountNumber ?? null);
      v.push(account?.version ?? null);
      y.push(EVENT_TYPE_CODES[event.type]);
      b.push(account?.postedAfter ?? null);
      h.push(account?.heldAfter ?? null);
      data.push(eventData(event));
    }
  }
  if (p.length === 0) return null;
  const numbers = [bigintArray(p), intArray(i), intArray(a), bigintArray(v), smallintArray(y), plainArray(b), plainArray(h)];
  return { name: 'other-events', text: OTHER_EVENTS, values: [ledger, ...numbers, textArray(data)] };
}

/** Null when the row's other columns tell it: see transactionsOf in render.ts. */
function transactionsJson({ transactions, effectiveAt }: LedgerRecord): string | null {
  if (transactions.every((transaction) => transaction.externalId === null && transaction.effectiveAt === effectiveAt)) return null;
  return JSON.stringify(transactions.map((transaction) => [transaction.effectiveAt.toString(), transaction.externalId]));
}

function recordsStatement(records: readonly LedgerRecord[], { head, recordTexts }: SealedBatch, principals: PrincipalNumbers): Statement {
  return {
    name: 'records',
    text: RECORDS,
    values: [
      head.number,
      head.epoch,
      bigintArray(records.map((record) => record.position)),
      timestampArray(records.map((record) => record.recordedAt)),
      timestampArray(records.map((record) => record.effectiveAt)),
      smallintArray(records.map((record) => RECORD_TYPE_CODES[record.type])),
      intArray(records.map((record) => principals.numbers.get(record.actor) as number)),
      intArray(recordTexts.map((text) => Buffer.byteLength(text))),
      plainArray(records.map((record) => record.correlationId)),
      plainArray(records.map((record) => record.causationId)),
      plainArray(records.map((record) => record.key)),
      plainArray(records.map((record) => record.fingerprint)),
      byteaArray(
        records.map((record) => record.hash),
        HASH_BYTES,
      ),
      textArray(records.map(transactionsJson)),
      head.position.toString(),
      Buffer.from(digestToHex(head.entryDigest), 'hex'),
      Buffer.from(digestToHex(head.accountDigest), 'hex'),
    ],
  };
}

function detailsStatement(ledger: number, records: readonly LedgerRecord[]): Statement | null {
  const rows = records.flatMap(({ position, details }) => details.map((row) => ({ position, ...row })));
  if (rows.length === 0) return null;
  const values = [
    ledger,
    bigintArray(rows.map((row) => row.position)),
    intArray(rows.map((row) => row.index)),
    byteaArray(
      rows.map((row) => row.hash),
      HASH_BYTES,
    ),
    byteaArray(
      rows.map((row) => row.salt as string),
      SALT_BYTES,
    ),
    textArray(rows.map((row) => JSON.stringify(row.body))),
  ];
  return { name: 'details', text: DETAILS, values };
}

function externalIdsStatement(ledger: number, records: readonly LedgerRecord[]): Statement | null {
  const rows = records.flatMap(({ position, transactions }) =>
    transactions.map(({ externalId }, index) => ({ position, index, externalId })),
  );
  const named = rows.filter((row) => row.externalId !== null);
  if (named.length === 0) return null;
  const values = [
    ledger,
    bigintArray(named.map((row) => row.position)),
    intArray(named.map((row) => row.index)),
    textArray(named.map((row) => row.externalId)),
  ];
  return { name: 'insert-external-ids', text: EXTERNAL_IDS, values };
}

function refusalsStatement(ledger: number, { refusals }: BatchWrites, principals: PrincipalNumbers): Statement | null {
  if (refusals.length === 0) return null;
  const values = [
    ledger,
    plainArray(refusals.map((row) => row.key)),
    plainArray(refusals.map((row) => row.fingerprint)),
    intArray(refusals.map((row) => principals.numbers.get(row.actor) as number)),
    textArray(refusals.map((row) => row.refusal.code)),
    textArray(refusals.map((row) => JSON.stringify(row.refusal.parameters))),
    timestampArray(refusals.map((row) => row.recordedAt)),
  ];
  return { name: 'refusals', text: REFUSALS, values };
}

function advanceStatement(before: Head, head: Head): Statement {
  const hex = (digits: string): Buffer => Buffer.from(digits, 'hex');
  const values = [
    head.number,
    before.epoch,
    before.position.toString(),
    head.position.toString(),
    timestamp(head.recordedAt),
    hex(head.recordHash),
    Buffer.from(head.frontier),
    hex(digestToHex(head.entryDigest)),
    hex(digestToHex(head.accountDigest)),
    head.accountCount,
  ];
  return { name: 'advance', text: ADVANCE, values };
}

/** The first half of flight 2: what needs no hash, so that the database works on it while the batch is sealed. Without the second half it is nothing. */
export function unsealedStatements(reading: BatchReading, writes: BatchWrites, principals: PrincipalNumbers): Statement[] {
  const { number } = reading.view.head;
  const { records, currencies } = writes;
  const statements: (Statement | null)[] = [];
  if (records.length > 0) statements.push(entriesStatement(number, records), otherEventsStatement(number, records));
  statements.push(...accountStatements(writes.accounts, reading));
  if (principals.added.length > 0) {
    const values = [number, intArray(principals.added.map((row) => row.number)), textArray(principals.added.map((row) => row.id))];
    statements.push({ name: 'insert-principals', text: PRINCIPALS, values });
  }
  if (currencies.length > 0) {
    const values = [number, textArray(currencies.map((row) => row.code)), plainArray(currencies.map((row) => row.scale))];
    statements.push({ name: 'currencies', text: CURRENCIES, values });
  }
  if (records.length > 0) statements.push(detailsStatement(number, records), externalIdsStatement(number, records));
  statements.push(refusalsStatement(number, writes, principals));
  return statements.filter((statement) => statement !== null);
}

/** The second half of flight 2: the records with their hashes, the head and COMMIT last. */
export function sealedStatements(
  reading: BatchReading,
  writes: BatchWrites,
  sealed: SealedBatch,
  principals: PrincipalNumbers,
): Statement[] {
  const { records } = writes;
  if (records.length === 0) return [COMMIT];
  return [recordsStatement(records, sealed, principals), advanceStatement(reading.view.head, sealed.head), COMMIT];
}
