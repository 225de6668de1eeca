import type { Queryable } from '@ledgerflow/platform/postgres';
import { numbers, run, statement, texts } from '@ledgerflow/read-model/projections';
import type { AccountRef } from '../apply/envelope.ts';
import type { DeadLetter } from '../apply/plan.ts';

const PARKED = statement('select account from read.parked_accounts where ledger = $1');

/** Numbers of the accounts of which records are parked. Primary key. */
export async function readParkedAccounts(db: Queryable, ledger: number): Promise<ReadonlySet<number>> {
  const { rows } = await run<{ account: number }>(db, PARKED, [ledger]);
  return new Set(rows.map(({ account }) => account));
}

// A record that a projection which caught up refused has a row already when it is parked for its accounts too: then both reasons are kept.
const INSERT_LETTERS =
  statement(`insert into read.dead_letters as d (ledger, position, accounts, projections, error, record, attempts, last_attempt_at)
  select $1, position, accounts::integer[], projections::text[], error, record, case when error is null then 0 else 1 end, case when error is not null then clock_timestamp() end
  from unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[]) as l(position, accounts, projections, error, record)
  on conflict (ledger, position) do update set error = coalesce(d.error, excluded.error),
    projections = array(select distinct name from unnest(d.projections || excluded.projections) as name order by name)
  returning id, xmax = 0 as is_new`);

const PARK_ACCOUNTS = statement(`insert into read.parked_accounts as p (ledger, account, id, since, pending)
  select $1, account, id, since, pending from unnest($2::int[], $3::text[], $4::bigint[], $5::int[]) as a(account, id, since, pending)
  on conflict (ledger, account) do update set pending = p.pending + excluded.pending returning xmax = 0 as is_new`);

const COUNT = statement(
  'update read.checkpoints set parked_accounts = parked_accounts + $2, dead_letters = dead_letters + $3 where ledger = $1',
);

/** Names of projections as an array literal; they are words of the code. */
const names = (projections: readonly string[]): string => `{${projections.join(',')}}`;

/** Parks records of one ledger, in the transaction that holds its checkpoint. */
export async function park(db: Queryable, ledger: number, letters: readonly DeadLetter[]): Promise<void> {
  if (letters.length === 0) return;
  const pending = new Map<number, AccountRef & { since: bigint; count: number }>();
  for (const { prepared, accounts } of letters) {
    for (const account of accounts) {
      const known = pending.get(account.number);
      if (known === undefined) pending.set(account.number, { ...account, since: prepared.record.position, count: 1 });
      else known.count += 1;
    }
  }
  const accounts = [...pending.values()];
  const [inserted, parked] = await Promise.all([
    run<{ is_new: boolean }>(db, INSERT_LETTERS, [
      ledger,
      numbers(letters.map(({ prepared }) => prepared.record.position)),
      texts(letters.map((letter) => numbers(letter.accounts.map(({ number }) => number)))),
      texts(letters.map(({ refusal }) => names(refusal?.projections ?? []))),
      texts(letters.map(({ refusal }) => refusal?.error ?? null)),
      texts(letters.map(({ prepared }) => prepared.text)),
    ]),
    accounts.length === 0
      ? null
      : run<{ is_new: boolean }>(db, PARK_ACCOUNTS, [
          ledger,
          numbers(accounts.map(({ number }) => number)),
          texts(accounts.map(({ id }) => id)),
          numbers(accounts.map(({ since }) => since)),
          numbers(accounts.map(({ count }) => count)),
        ]),
  ]);
  const isNew = ({ is_new }: { is_new: boolean }): boolean => is_new;
  await run(db, COUNT, [ledger, parked?.rows.filter(isNew).length ?? 0, inserted.rows.filter(isNew).length]);
}

/** Takes away what is settled: parts of letters by account, and letters of which nothing is left; one of which a part was applied only waits from now on. Under the checkpoint's lock. */
export async function settle(
  db: Queryable,
  ledger: number,
  settled: readonly { id: string; accounts: readonly number[]; isDone: boolean }[],
): Promise<void> {
  if (settled.length === 0) return;
  const counts = new Map<number, number>();
  for (const { accounts } of settled) for (const account of accounts) counts.set(account, (counts.get(account) ?? 0) + 1);
  const done = settled.filter(({ isDone }) => isDone);
  const left = settled.filter(({ isDone, accounts }) => !isDone && accounts.length > 0);
  const [, , released] = await Promise.all([
    db.query('delete from read.dead_letters where id = any($1::bigint[])', [done.map(({ id }) => id)]),
    db.query(
      `update read.dead_letters d set error = null, accounts = array(select a from unnest(d.accounts) as a where a <> all (l.accounts::integer[]))
       from unnest($1::bigint[], $2::text[]) as l(id, accounts) where d.id = l.id`,
      [left.map(({ id }) => id), left.map(({ accounts }) => numbers(accounts))],
    ),
    db.query<{ is_free: boolean }>(
      `with less as (
         update read.parked_accounts p set pending = p.pending - s.count from unnest($2::int[], $3::int[]) as s(account, count)
         where p.ledger = $1 and p.account = s.account returning p.account, p.pending)
       select pending = 0 as is_free from less`,
      [ledger, [...counts.keys()], [...counts.values()]],
    ),
  ]);
  const freed = released.rows.filter(({ is_free }) => is_free).length;
  await Promise.all([
    db.query('delete from read.parked_accounts where ledger = $1 and pending = 0', [ledger]),
    run(db, COUNT, [ledger, -freed, -done.length]),
  ]);
}

// One pass over the ledger's letters (unique index), as many as DEAD_LETTERS_MAX allows.
const MOVE_SINCE = statement(`update read.parked_accounts p set since = f.since
  from (select a.account, min(d.position) as since from read.dead_letters d cross join unnest(d.accounts) as a(account) where d.ledger = $1 group by a.account) f
  where p.ledger = $1 and p.account = f.account and p.since <> f.since`);

/** Each account is parked since the earliest letter that is left of it. Until this is done it is said to be parked since longer, which is safe. Under the checkpoint's lock. */
export async function moveSince(db: Queryable, ledger: number): Promise<void> {
  await run(db, MOVE_SINCE, [ledger]);
}
