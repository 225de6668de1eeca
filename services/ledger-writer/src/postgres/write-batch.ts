import type { LedgerEvent, LedgerRecord } from '@ledgerflow/contracts';
import { digestToHex, EVENT_TYPE_CODES, isAccountEvent, RECORD_TYPE_CODES, termsToJson } from '@ledgerflow/contracts';
import type { BatchWrites } from '../application/store.ts';
import type { Account, AccountWrite, Head } from '../domain/state.ts';
import type { Statement } from './flight.ts';
import type { BatchReading } from './read-batch.ts';
import { byteaArray, plainArray, scopeCode, statusCode, textArray, timestamp } from './rows.ts';

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
// Known accounts are found by row address, as it was read under the head lock: half the work of a second look-up, and no plan can be worse. Each row is updated
// once a transaction (then it has another address); ledger and number have to be those that were read, in case something else moved rows meanwhile; and $1 rows
// have to be there, or the division makes the transaction fail.
const EXPECTED = 'select 1 / (count(*) = $1)::int from changed';
const BALANCES = `with changed as (update ledger.accounts a set version = u.v, posted = u.p, held = u.h
  from unnest($3::tid[], $4::int[], $5::bigint[], $6::numeric(38,0)[], $7::numeric(38,0)[]) u(c, n, v, p, h)
  where a.ctid = u.c and a.ledger = $2 and a.number = u.n returning 1) ${EXPECTED}`;
const CHANGES = `with changed as (update ledger.accounts a set version = u.v, posted = u.p, held = u.h, status = u.s, freeze_scope = u.f, min_balance = u.lo, max_balance = u.hi,
    name = coalesce(u.t, a.name), metadata = coalesce(u.m, a.metadata)
  from unnest($3::tid[], $4::int[], $5::bigint[], $6::numeric(38,0)[], $7::numeric(38,0)[], $8::smallint[], $9::smallint[], $10::numeric(38,0)[], $11::numeric(38,0)[], $12::text[], $13::json[])
    u(c, n, v, p, h, s, f, lo, hi, t, m) where a.ctid = u.c and a.ledger = $2 and a.number = u.n returning 1) ${EXPECTED}`;
const OPENED = `insert into ledger.accounts (ledger, number, id, currency, version, posted, held, status, freeze_scope, min_balance, max_balance, owner_id, name, metadata)
  select $1, n, i, c, v, p, h, s, f, lo, hi, o, t, m
  from unnest($2::int[], $3::text[], $4::text[], $5::bigint[], $6::numeric(38,0)[], $7::numeric(38,0)[], $8::smallint[], $9::smallint[], $10::numeric(38,0)[], $11::numeric(38,0)[], $12::text[], $13::text[], $14::json[])
    u(n, i, c, v, p, h, s, f, lo, hi, o, t, m)`;
const REFUSALS = `insert into ledger.refusals (ledger, key, fingerprint, actor, code, parameters, recorded_at)
  select $1, k, f, w, c, p, r from unnest($2::uuid[], $3::uuid[], $4::int[], $5::text[], $6::json[], $7::timestamptz[]) u(k, f, w, c, p, r)`;
// The division makes the transaction fail unless exactly our head, in our epoch, moved: the statement is already on its way together with the COMMIT.
const ADVANCE = `with moved as (
    update ledger.heads set position = $4, recorded_at = $5, record_hash = $6, frontier = $7, entry_digest = $8, account_digest = $9, account_count = $10
    where ledger = $1 and epoch = $2 and position = $3 returning 1)
  select 1 / count(*) from moved`;
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
  return { name: 'entries', text: ENTRIES, values: [ledger, ...[p, i, a, v, t, m, b, h].map(plainArray)] };
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
  return { name: 'other-events', text: OTHER_EVENTS, values: [ledger, ...[p, i, a, v, y, b, h].map(plainArray), textArray(data)] };
}

/** Null when the row's other columns tell it: see transactionsOf in render.ts. */
function transactionsJson({ transactions, effectiveAt }: LedgerRecord): string | null {
  if (transactions.every((transaction) => transaction.externalId === null && transaction.effectiveAt === effectiveAt)) return null;
  return JSON.stringify(transactions.map((transaction) => [transaction.effectiveAt.toString(), transaction.externalId]));
}

function recordsStatement({ head, records, recordTexts }: BatchWrites, principals: PrincipalNumbers): Statement {
  return {
    name: 'records',
    text: RECORDS,
    values: [
      head.number,
      head.epoch,
      plainArray(records.map((record) => record.position)),
      plainArray(records.map((record) => timestamp(record.recordedAt))),
      plainArray(records.map((record) => timestamp(record.effectiveAt))),
      plainArray(records.map((record) => RECORD_TYPE_CODES[record.type])),
      plainArray(records.map((record) => principals.numbers.get(record.actor) as number)),
      plainArray(recordTexts.map((text) => Buffer.byteLength(text))),
      plainArray(records.map((record) => record.correlationId)),
      plainArray(records.map((record) => record.causationId)),
      plainArray(records.map((record) => record.key)),
      plainArray(records.map((record) => record.fingerprint)),
      byteaArray(records.map((record) => record.hash)),
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
    plainArray(rows.map((row) => row.position)),
    plainArray(rows.map((row) => row.index)),
    byteaArray(rows.map((row) => row.hash)),
    byteaArray(rows.map((row) => row.salt)),
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
    plainArray(named.map((row) => row.position)),
    plainArray(named.map((row) => row.index)),
    textArray(named.map((row) => row.externalId)),
  ];
  return { name: 'insert-external-ids', text: EXTERNAL_IDS, values };
}

function isTermsChanged(before: Account | undefined, { status, freezeScope, minBalance, maxBalance }: Account): boolean {
  return (
    before?.status !== status || before.freezeScope !== freezeScope || before.minBalance !== minBalance || before.maxBalance !== maxBalance
  );
}

const json = (value: Record<string, unknown> | undefined): string | null => (value === undefined ? null : JSON.stringify(value));

function balanceColumns(accounts: readonly Account[]): string[] {
  return [
    accounts.map((account) => account.version),
    accounts.map((account) => account.posted),
    accounts.map((account) => account.held),
  ].map(plainArray);
}

function termsColumns(accounts: readonly Account[]): string[] {
  return [
    plainArray(accounts.map((account) => statusCode(account.status))),
    plainArray(accounts.map((account) => scopeCode(account.freezeScope))),
    plainArray(accounts.map((account) => account.minBalance)),
    plainArray(accounts.map((account) => account.maxBalance)),
  ];
}

function profileColumns(writes: readonly AccountWrite[]): string[] {
  return [textArray(writes.map((write) => write.details?.name ?? null)), textArray(writes.map((write) => json(write.details?.metadata)))];
}

function openedStatement(ledger: number, writes: readonly AccountWrite[]): Statement {
  const accounts = writes.map((write) => write.account);
  const numbers = plainArray(accounts.map((account) => account.number));
  const names = [accounts.map((account) => account.account), accounts.map((account) => account.currency)].map(textArray);
  const owners = textArray(accounts.map((account) => account.ownerId));
  const values = [ledger, numbers, ...names, ...balanceColumns(accounts), ...termsColumns(accounts), owners, ...profileColumns(writes)];
  return { name: 'opened-accounts', text: OPENED, values };
}

/** Most known accounts have another balance only; those with other terms or another profile are written whole. */
function accountStatements(writes: readonly AccountWrite[], { view, rowIds }: BatchReading): Statement[] {
  const statements: Statement[] = [];
  const opened = writes.filter((write) => write.opened);
  if (opened.length > 0) statements.push(openedStatement(view.head.number, opened));
  const moved: AccountWrite[] = [];
  const changed: AccountWrite[] = [];
  for (const write of writes) {
    if (write.opened) continue;
    const isChanged = write.details !== null || isTermsChanged(view.accounts.get(write.account.account), write.account);
    (isChanged ? changed : moved).push(write);
  }
  const rows = (list: readonly AccountWrite[]): unknown[] => {
    const accounts = list.map((write) => write.account);
    const addresses = textArray(accounts.map((account) => rowIds.get(account.number) as string));
    return [list.length, view.head.number, addresses, plainArray(accounts.map((account) => account.number)), ...balanceColumns(accounts)];
  };
  if (moved.length > 0) statements.push({ name: 'balances', text: BALANCES, values: rows(moved) });
  if (changed.length > 0) {
    const values = [...rows(changed), ...termsColumns(changed.map((write) => write.account)), ...profileColumns(changed)];
    statements.push({ name: 'changes', text: CHANGES, values });
  }
  return statements;
}

function refusalsStatement(ledger: number, { refusals }: BatchWrites, principals: PrincipalNumbers): Statement | null {
  if (refusals.length === 0) return null;
  const values = [
    ledger,
    plainArray(refusals.map((row) => row.key)),
    plainArray(refusals.map((row) => row.fingerprint)),
    plainArray(refusals.map((row) => principals.numbers.get(row.actor) as number)),
    textArray(refusals.map((row) => row.refusal.code)),
    textArray(refusals.map((row) => JSON.stringify(row.refusal.parameters))),
    plainArray(refusals.map((row) => timestamp(row.recordedAt))),
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

/** Flight 2: everything a batch writes, a statement a table, the head and COMMIT last. */
export function flightTwo(reading: BatchReading, writes: BatchWrites, principals: PrincipalNumbers): Statement[] {
  const { head } = reading.view;
  const { number } = head;
  const { records, currencies } = writes;
  const statements: (Statement | null)[] = [];
  if (principals.added.length > 0) {
    const values = [number, plainArray(principals.added.map((row) => row.number)), textArray(principals.added.map((row) => row.id))];
    statements.push({ name: 'insert-principals', text: PRINCIPALS, values });
  }
  if (records.length > 0) {
    statements.push(entriesStatement(number, records), otherEventsStatement(number, records), recordsStatement(writes, principals));
    statements.push(detailsStatement(number, records), externalIdsStatement(number, records));
  }
  if (currencies.length > 0) {
    const values = [number, textArray(currencies.map((row) => row.code)), plainArray(currencies.map((row) => row.scale))];
    statements.push({ name: 'currencies', text: CURRENCIES, values });
  }
  statements.push(...accountStatements(writes.accounts, reading), refusalsStatement(number, writes, principals));
  if (records.length > 0) statements.push(advanceStatement(head, writes.head));
  statements.push(COMMIT);
  return statements.filter((statement) => statement !== null);
}
