import type { Account, AccountWrite } from '../domain/state.ts';
import type { Statement } from './flight.ts';
import type { BatchReading } from './read-batch.ts';
import { bigintArray, intArray, plainArray, scopeCode, smallintArray, statusCode, textArray } from './rows.ts';

// Known accounts are found by row address, as it was read under the head lock. The address is the only condition of the join, so there is one plan: with ledger and
// number beside it the planner read all accounts of the ledger for each row of the batch (measured: 35 µs a row with 1,000 accounts, against 4). Each row is updated
// once a transaction (then it has another address); those that come back have to be those that were read, in case something else moved rows meanwhile, and $1 of
// them, or the division makes the transaction fail.
const EXPECTED = 'select 1 / (count(*) filter (where same) = $1 and count(*) = $1)::int from changed';
export const BALANCES = `with changed as (update ledger.accounts a set version = u.v, posted = u.p, held = u.h
  from unnest($3::tid[], $4::int[], $5::bigint[], $6::numeric(38,0)[], $7::numeric(38,0)[]) u(c, n, v, p, h)
  where a.ctid = u.c returning a.ledger = $2 and a.number = u.n as same) ${EXPECTED}`;
export const CHANGES = `with changed as (update ledger.accounts a set version = u.v, posted = u.p, held = u.h, status = u.s, freeze_scope = u.f, min_balance = u.lo, max_balance = u.hi,
    name = coalesce(u.t, a.name), metadata = coalesce(u.m, a.metadata)
  from unnest($3::tid[], $4::int[], $5::bigint[], $6::numeric(38,0)[], $7::numeric(38,0)[], $8::smallint[], $9::smallint[], $10::numeric(38,0)[], $11::numeric(38,0)[], $12::text[], $13::json[])
    u(c, n, v, p, h, s, f, lo, hi, t, m) where a.ctid = u.c returning a.ledger = $2 and a.number = u.n as same) ${EXPECTED}`;
const OPENED = `insert into ledger.accounts (ledger, number, id, currency, version, posted, held, status, freeze_scope, min_balance, max_balance, owner_id, name, metadata)
  select $1, n, i, c, v, p, h, s, f, lo, hi, o, t, m
  from unnest($2::int[], $3::text[], $4::text[], $5::bigint[], $6::numeric(38,0)[], $7::numeric(38,0)[], $8::smallint[], $9::smallint[], $10::numeric(38,0)[], $11::numeric(38,0)[], $12::text[], $13::text[], $14::json[])
    u(n, i, c, v, p, h, s, f, lo, hi, o, t, m)`;

function isTermsChanged(before: Account | undefined, { status, freezeScope, minBalance, maxBalance }: Account): boolean {
  return (
    before?.status !== status || before.freezeScope !== freezeScope || before.minBalance !== minBalance || before.maxBalance !== maxBalance
  );
}

const json = (value: Record<string, unknown> | undefined): string | null => (value === undefined ? null : JSON.stringify(value));

function balanceColumns(accounts: readonly Account[]): unknown[] {
  return [
    bigintArray(accounts.map((account) => account.version)),
    plainArray(accounts.map((account) => account.posted)),
    plainArray(accounts.map((account) => account.held)),
  ];
}

function termsColumns(accounts: readonly Account[]): unknown[] {
  return [
    smallintArray(accounts.map((account) => statusCode(account.status))),
    smallintArray(accounts.map((account) => scopeCode(account.freezeScope))),
    plainArray(accounts.map((account) => account.minBalance)),
    plainArray(accounts.map((account) => account.maxBalance)),
  ];
}

function profileColumns(writes: readonly AccountWrite[]): string[] {
  return [textArray(writes.map((write) => write.details?.name ?? null)), textArray(writes.map((write) => json(write.details?.metadata)))];
}

function openedStatement(ledger: number, writes: readonly AccountWrite[]): Statement {
  const accounts = writes.map((write) => write.account);
  const numbers = intArray(accounts.map((account) => account.number));
  const names = [accounts.map((account) => account.account), accounts.map((account) => account.currency)].map(textArray);
  const owners = textArray(accounts.map((account) => account.ownerId));
  const values = [ledger, numbers, ...names, ...balanceColumns(accounts), ...termsColumns(accounts), owners, ...profileColumns(writes)];
  return { name: 'opened-accounts', text: OPENED, values };
}

/** Most known accounts have another balance only; those with other terms or another profile are written whole. */
export function accountStatements(writes: readonly AccountWrite[], { view, rowIds }: BatchReading): Statement[] {
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
    return [list.length, view.head.number, addresses, intArray(accounts.map((account) => account.number)), ...balanceColumns(accounts)];
  };
  if (moved.length > 0) statements.push({ name: 'balances', text: BALANCES, values: rows(moved) });
  if (changed.length > 0) {
    const values = [...rows(changed), ...termsColumns(changed.map((write) => write.account)), ...profileColumns(changed)];
    statements.push({ name: 'changes', text: CHANGES, values });
  }
  return statements;
}
