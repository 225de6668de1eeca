import type { Pool, PoolClient } from '@ledgerflow/platform/postgres';
import { PROJECTIONS, readProjections, moveProjections, type Projection } from '@ledgerflow/read-model/projections';
import { ApplyError, applyWork, LIMITS } from '../apply/work.ts';
import { lockCheckpoints } from '../apply/checkpoints.ts';
import { readMarks, type AccountMark } from '../apply/envelope.ts';
import { settle } from './park.ts';

/** Why a letter is not discarded. */
export type DiscardRefusal = 'not_found' | 'not_refused' | 'earlier_record_parked' | 'balance_depends';

export interface DiscardRequest {
  ledger: { id: string; number: number };
  letter: string;
  reason: string;
  actor: string;
}

interface Row {
  position: string;
  accounts: number[];
  projections: string[];
  error: string | null;
  record: string;
}

/** The projections that a discarded record is missing from: those that refused it, or all, when its accounts were parked. */
function missingFrom({ accounts, projections: refused }: Row, projections: readonly Projection[]): Projection[] {
  return accounts.length === 0 ? projections.filter(({ name }) => refused.includes(name)) : [...projections];
}

/** Whose part of the record is left out: those that were parked, or, of a projection of accounts that refused it while it caught up, all that it touches. */
function accountsOf({ accounts }: Row, missing: readonly Projection[], marks: readonly AccountMark[]): number[] {
  if (accounts.length > 0 || !missing.some(({ scope }) => scope === 'account')) return accounts;
  return [...new Set(marks.map(({ number }) => number))];
}

/** Whether an event is more than a change of what is said about an account: it moves money, or everything later of the account rests on it. */
const isNeeded = ({ movesMoney, type }: AccountMark): boolean => movesMoney || type === 'AccountOpened';

/**
 * Gives a refused record up: the projections that it is missing from go on without it, and read.divergences says so for good. Only where no balance depends on it: of its accounts it
 * moved no money and opened none; projections of the ledger that hold no balances may lack any record. Null when it is done.
 */
export async function discard(
  pool: Pool,
  { ledger, letter, reason, actor }: DiscardRequest,
  projections: readonly Projection[] = PROJECTIONS,
): Promise<DiscardRefusal | null> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    await lockCheckpoints(client, [ledger.id]);
    // Also those that catch up without the checkpoint.
    await client.query('select 1 from read.projections where ledger = $1 order by projection for no key update', [ledger.number]);
    await client.query(LIMITS);
    const refusal = await discardLocked(client, ledger.number, letter, reason, actor, projections);
    await client.query(refusal === null ? 'commit' : 'rollback');
    client.release();
    return refusal;
  } catch (error) {
    client.release(true);
    if (error instanceof ApplyError && error.isRefusal) return 'balance_depends';
    throw error instanceof ApplyError ? error.cause : error;
  }
}

async function discardLocked(
  client: PoolClient,
  ledger: number,
  letter: string,
  reason: string,
  actor: string,
  projections: readonly Projection[],
): Promise<DiscardRefusal | null> {
  const { rows } = await client.query<Row>(
    'select position, accounts, projections, error, record from read.dead_letters where id = $1 and ledger = $2 for update',
    [letter, ledger],
  );
  const [row] = rows;
  if (row === undefined) return 'not_found';
  if (row.error === null) return 'not_refused';
  const marks = readMarks(row.record)?.marks ?? null;
  const missing = missingFrom(row, projections);
  const needed = marks === null || marks.some(isNeeded);
  if (needed && missing.some(({ carriesBalances }) => carriesBalances)) return 'balance_depends';
  const earlier = await client.query(
    'select 1 from read.dead_letters where ledger = $1 and position < $2 and accounts && $3::integer[] limit 1',
    [ledger, row.position, row.accounts],
  );
  if (earlier.rows.length > 0) return 'earlier_record_parked';
  if (!(await balancesStay(client, ledger, marks ?? [], row.accounts))) return 'balance_depends';
  await passOver(
    client,
    ledger,
    BigInt(row.position),
    (marks ?? []).filter(({ number }) => row.accounts.includes(number)),
    projections,
  );
  await client.query(
    `insert into read.divergences (ledger, position, projections, accounts, reason, actor) values ($1, $2, $3, $4, $5, $6)
     on conflict (ledger, position) do update set projections = array(select distinct unnest(divergences.projections || excluded.projections)),
       accounts = array(select distinct unnest(divergences.accounts || excluded.accounts)), reason = excluded.reason, actor = excluded.actor, discarded_at = clock_timestamp()`,
    [ledger, row.position, missing.map(({ name }) => name), accountsOf(row, missing, marks ?? []), reason, actor],
  );
  await settle(client, ledger, [{ id: letter, accounts: row.accounts, isDone: true }]);
  return null;
}

/** Whether the events leave the balances of their accounts as the read model has them: whatever kind of event it is, then no balance depends on it. */
async function balancesStay(
  client: PoolClient,
  ledger: number,
  marks: readonly AccountMark[],
  accounts: readonly number[],
): Promise<boolean> {
  const { rows } = await client.query<{ account: number; posted: string; held: string }>(
    `select a.account, a.posted, a.held from read.projections p join read.account_summary a on a.generation = p.generation
     where p.ledger = $1 and p.projection = 'account_summary' and a.account = any($2)`,
    [ledger, accounts],
  );
  const stored = new Map(rows.map((row) => [row.account, row]));
  return marks
    .filter(({ number }) => accounts.includes(number))
    .every(({ number, postedAfter, heldAfter }) => {
      const row = stored.get(number);
      return row !== undefined && BigInt(row.posted) === postedAfter && BigInt(row.held) === heldAfter;
    });
}

/** The accounts' versions move past the record, so that what waits behind it fits on. */
async function passOver(
  client: PoolClient,
  ledger: number,
  position: bigint,
  marks: readonly AccountMark[],
  projections: readonly Projection[],
): Promise<void> {
  if (marks.length === 0) return;
  const live = (await readProjections(client, [ledger])).get(ledger);
  const work = projections.flatMap((projection) => {
    const row = live?.get(projection.name);
    if (projection.scope !== 'account' || projection.passOver === undefined || row === undefined) return [];
    if (position <= row.wholeTo || position > row.position) return [];
    return [{ projection, live: row, changes: [projection.passOver(marks)] }];
  });
  const gains = await applyWork(client, work, projections);
  await moveProjections(
    client,
    work.map(({ live: row }) => ({
      live: row,
      position: row.position,
      recordedAt: row.recordedAt,
      gain: gains.get(row.projection)?.get(row.generation),
    })),
  );
}
