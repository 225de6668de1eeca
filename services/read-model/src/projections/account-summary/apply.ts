import { accountDigest, DigestSum, type AccountSnapshot } from '@ledgerflow/contracts';
import type { Queryable } from '@ledgerflow/platform/postgres';
import { run, statement } from '../../statement.ts';
import { jsons, numbers, texts } from '../columns.ts';
import { ProjectionError, type LedgerChanges, type Projection, type Tally } from '../projection.ts';
import { sumPages, Tallies } from '../tallies.ts';
import { merge, project, type AccountChange } from './project.ts';
import { advance, snapshotOf, type StoredAccount } from './rows.ts';

const NAME = 'account_summary';

const STORED = 'a.ledger, a.account, a.id, a.status, a.freeze_scope, a.min_balance, a.max_balance, a.posted, a.held, a.version';

/** Primary key; the ledgers' checkpoints are locked, so nothing else has to be. */
const READ = statement(
  `select ${STORED} from unnest($1::int[], $2::int[]) as k(ledger, account) join read.account_summary a on a.ledger = k.ledger and a.account = k.account`,
);

/** Primary key; a HOT update, because no index holds one of these columns. */
const MOVE = statement(`update read.account_summary a set posted = m.posted, held = m.held, version = m.version, updated_at = m.updated_at
  from unnest($1::int[], $2::int[], $3::numeric[], $4::numeric[], $5::bigint[], $6::bigint[]) as m(ledger, account, posted, held, version, updated_at)
  where a.ledger = m.ledger and a.account = m.account`);

/** Openings and changes of terms. `details` replaces the name and the metadata where it has them. */
const SET = statement(`insert into read.account_summary as a
    (ledger, account, id, currency, scale, owner_id, status, freeze_scope, min_balance, max_balance, posted, held, version, name, metadata, opened_at, updated_at)
  select ledger, account, id, currency, scale, owner_id, status, freeze_scope, min_balance, max_balance, posted, held, version, name, metadata::jsonb, opened_at, updated_at
  from unnest($1::int[], $2::int[], $3::text[], $4::text[], $5::smallint[], $6::text[], $7::text[], $8::text[], $9::numeric[], $10::numeric[], $11::numeric[], $12::numeric[],
    $13::bigint[], $14::text[], $15::text[], $16::bigint[], $17::bigint[])
    as s(ledger, account, id, currency, scale, owner_id, status, freeze_scope, min_balance, max_balance, posted, held, version, name, metadata, opened_at, updated_at)
  on conflict (ledger, account) do update set status = excluded.status, freeze_scope = excluded.freeze_scope, min_balance = excluded.min_balance,
    max_balance = excluded.max_balance, posted = excluded.posted, held = excluded.held, version = excluded.version, updated_at = excluded.updated_at,
    name = coalesce(excluded.name, a.name), metadata = coalesce(excluded.metadata, a.metadata)`);

interface Row {
  ledger: number;
  change: AccountChange;
  after: AccountSnapshot;
}

function moveAccounts(db: Queryable, rows: readonly Row[]): Promise<unknown> {
  return run(db, MOVE, [
    numbers(rows.map((r) => r.ledger)),
    numbers(rows.map((r) => r.change.accountNumber)),
    numbers(rows.map((r) => r.after.posted)),
    numbers(rows.map((r) => r.after.held)),
    numbers(rows.map((r) => r.after.version)),
    numbers(rows.map((r) => r.change.updatedAt)),
  ]);
}

function setAccounts(db: Queryable, rows: readonly Row[]): Promise<unknown> {
  // An account that is there keeps what was given at its opening: those columns are not null, so they get stand-ins which the conflict leaves out.
  return run(db, SET, [
    numbers(rows.map((r) => r.ledger)),
    numbers(rows.map((r) => r.change.accountNumber)),
    texts(rows.map((r) => r.after.account)),
    texts(rows.map((r) => r.change.opening?.currency ?? '')),
    numbers(rows.map((r) => r.change.opening?.scale ?? 0)),
    texts(rows.map((r) => r.change.opening?.ownerId ?? null)),
    texts(rows.map((r) => r.after.status)),
    texts(rows.map((r) => r.after.freezeScope)),
    numbers(rows.map((r) => r.after.minBalance)),
    numbers(rows.map((r) => r.after.maxBalance)),
    numbers(rows.map((r) => r.after.posted)),
    numbers(rows.map((r) => r.after.held)),
    numbers(rows.map((r) => r.after.version)),
    texts(rows.map((r) => r.change.details?.name ?? null)),
    jsons(rows.map((r) => r.change.details?.metadata ?? null)),
    numbers(rows.map((r) => r.change.opening?.openedAt ?? 0n)),
    numbers(rows.map((r) => r.change.updatedAt)),
  ]);
}

/** Runs something of one ledger's rows; what it throws becomes a ProjectionError that names the ledger. */
function ofLedger<T>(ledger: number, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw new ProjectionError(NAME, ledger, (error as Error).message);
  }
}

function mergeLedger({ ledger, changes }: LedgerChanges<AccountChange[]>): { ledger: number; change: AccountChange }[] {
  const merged = new Map<number, AccountChange>();
  for (const change of changes.flat()) {
    const earlier = merged.get(change.accountNumber);
    merged.set(change.accountNumber, earlier === undefined ? change : ofLedger(ledger, () => merge(earlier, change)));
  }
  return [...merged.values()].map((change) => ({ ledger, change }));
}

async function apply(db: Queryable, batch: readonly LedgerChanges<AccountChange[]>[]): Promise<ReadonlyMap<number, Tally>> {
  const tallies = new Tallies();
  const merged = batch.flatMap(mergeLedger);
  if (merged.length === 0) return tallies.byLedger;
  const { rows: stored } = await run<StoredAccount>(db, READ, [
    numbers(merged.map((r) => r.ledger)),
    numbers(merged.map((r) => r.change.accountNumber)),
  ]);
  const before = new Map(stored.map((row) => [`${row.ledger} ${row.account}`, snapshotOf(row)]));
  const rows = merged.map(({ ledger, change }): Row & { before: AccountSnapshot | null } => {
    const old = before.get(`${ledger} ${change.accountNumber}`) ?? null;
    return { ledger, change, before: old, after: ofLedger(ledger, () => advance(old, change)) };
  });
  const moved = rows.filter((row) => row.change.terms === null);
  const set = rows.filter((row) => row.change.terms !== null);
  const work: Promise<unknown>[] = [];
  if (moved.length > 0) work.push(moveAccounts(db, moved));
  if (set.length > 0) work.push(setAccounts(db, set));
  const sums = new Map<number, DigestSum>();
  for (const row of rows) {
    let sum = sums.get(row.ledger);
    if (sum === undefined) sums.set(row.ledger, (sum = new DigestSum(0n)));
    if (row.before !== null) sum.subtractAccount(row.before);
    sum.addAccount(row.after);
    tallies.add(row.ledger, row.before === null ? 1 : 0, 0n);
  }
  for (const [ledger, sum] of sums) tallies.add(ledger, 0, sum.total());
  await Promise.all(work);
  return tallies.byLedger;
}

async function recompute(db: Queryable, ledger: number): Promise<Tally> {
  return sumPages<StoredAccount>(
    async (after, limit) => {
      const sql = `select ${STORED} from read.account_summary a where a.ledger = $1 and a.account > $2 order by a.account limit $3`;
      return (await db.query<StoredAccount>(sql, [ledger, after?.account ?? 0, limit])).rows;
    },
    (row) => accountDigest(snapshotOf(row)),
  );
}

export const accountSummary: Projection<AccountChange[]> = { name: NAME, project, apply, recompute };
