import type { Pool, PoolClient } from '@ledgerflow/platform/postgres';
import { moveProjections, PROJECTIONS, readProjections, type LiveProjection, type Projection } from '@ledgerflow/read-model/projections';
import { ApplyError, applyWork, LIMITS } from '../apply/work.ts';
import { lockCheckpoints } from '../apply/checkpoints.ts';
import { prepareRecord, type PreparedRecord } from '../apply/prepare.ts';
import { moveSince, settle } from './park.ts';

/** Letters that one transaction looks at: while it runs the ledger's new records wait. */
const LETTERS_PER_TRANSACTION = 500;

interface Letter {
  id: string;
  position: bigint;
  accounts: readonly number[];
  /** Those that refused it. */
  projections: readonly string[];
  error: string | null;
  text: string;
}

export interface DrainOptions {
  pool: Pool;
  projections?: readonly Projection[];
}

/** What a retry came to. `refused`: why the letters that were to be tried are refused again, by id. */
export interface Drained {
  /** Records, or parts of them, that are applied now. */
  applied: number;
  refused: Map<string, string>;
  /** Letters to be tried that something earlier has to come before: what. */
  blocked: Map<string, string>;
  /** Why the ledger is stopped: from there on nothing was tried. */
  stopped: string | null;
}

interface Attempt {
  letter: Letter;
  prepared: PreparedRecord;
  /** The accounts whose part is applied now. */
  free: ReadonlySet<number>;
}

/** Where a walk over a ledger's letters is. */
interface Walk {
  after: bigint;
  /** Accounts that wait for a letter which stays, and its position: what comes later of them stays too. */
  waiting: Map<number, bigint>;
  drained: Drained;
  /** The first letter of the transaction that is under way. */
  trying: string | null;
}

/**
 * Tries parked records of a ledger again, in the order of its log: those that `retries` names (null: all), and what waits behind them. Whatever can be applied is, account by
 * account, and what touches an account of a letter that stays goes on waiting, so the order of each account is kept. Tried twice, or by two at once, it does the same as once: each
 * transaction takes away what it applied. Rejects when the database can not be reached.
 */
export async function drain(
  { pool, projections = PROJECTIONS }: DrainOptions,
  ledger: { id: string; number: number },
  retries: ReadonlySet<string> | null,
): Promise<Drained> {
  const walk: Walk = {
    after: 0n,
    waiting: new Map(),
    drained: { applied: 0, refused: new Map(), blocked: new Map(), stopped: null },
    trying: null,
  };
  for (let most = LETTERS_PER_TRANSACTION; ;) {
    const before = copyOf(walk);
    try {
      if (!(await inTransaction(pool, (client) => walkOn(client, projections, ledger, retries, walk, most)))) return walk.drained;
      most = LETTERS_PER_TRANSACTION;
    } catch (error) {
      if (!(error instanceof ApplyError)) throw error;
      if (!error.isRefusal) throw error.cause;
      const { trying } = walk;
      Object.assign(walk, before);
      if (most > 1) most >>= 1;
      else await inTransaction(pool, (client) => keepRefused(client, ledger, walk, trying, error.message));
    }
  }
}

const copyOf = ({ after, waiting, drained, trying }: Walk): Walk => ({
  trying,
  after,
  waiting: new Map(waiting),
  drained: { applied: drained.applied, refused: new Map(drained.refused), blocked: new Map(drained.blocked), stopped: drained.stopped },
});

async function inTransaction<T>(pool: Pool, run: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    const result = await run(client);
    await client.query('commit');
    client.release();
    return result;
  } catch (error) {
    client.release(true);
    throw error;
  }
}

async function nextLetters(client: PoolClient, ledger: number, after: bigint, limit: number): Promise<Letter[]> {
  const { rows } = await client.query<{
    id: string;
    position: string;
    accounts: number[];
    projections: string[];
    error: string | null;
    record: string;
  }>(
    'select id, position, accounts, projections, error, record from read.dead_letters where ledger = $1 and position > $2 order by position limit $3',
    [ledger, after.toString(), limit],
  );
  return rows.map(({ position, record, ...row }) => ({ ...row, position: BigInt(position), text: record }));
}

/** The next letters, in one transaction. False when there are no more, or the ledger is stopped. */
async function walkOn(
  client: PoolClient,
  projections: readonly Projection[],
  ledger: { id: string; number: number },
  retries: ReadonlySet<string> | null,
  walk: Walk,
  limit: number,
): Promise<boolean> {
  const [checkpoint] = await lockCheckpoints(client, [ledger.id]);
  walk.drained.stopped = checkpoint?.stoppedReason ?? null;
  if (checkpoint === undefined || walk.drained.stopped !== null) return false;
  await client.query('select 1 from read.projections where ledger = $1 order by projection for no key update', [ledger.number]);
  await client.query(LIMITS);
  const live = (await readProjections(client, [ledger.number])).get(ledger.number) ?? new Map<string, LiveProjection>();
  const letters = await nextLetters(client, ledger.number, walk.after, limit);
  walk.trying = letters[0]?.id ?? null;
  const attempts = letters.flatMap((letter) => attempt(letter, ledger.id, projections, live, retries, walk));
  await applyAttempts(client, projections, live, attempts);
  await settle(
    client,
    ledger.number,
    attempts.map(({ letter, free }) => ({ id: letter.id, accounts: [...free], isDone: free.size === letter.accounts.length })),
  );
  const refusedNow = letters.filter(({ id }) => walk.drained.refused.has(id));
  if (refusedNow.length > 0)
    await client.query(
      `update read.dead_letters d set error = l.error, attempts = attempts + 1, last_attempt_at = clock_timestamp() from unnest($1::bigint[], $2::text[]) as l(id, error) where d.id = l.id`,
      [refusedNow.map(({ id }) => id), refusedNow.map(({ id }) => walk.drained.refused.get(id))],
    );
  walk.drained.applied += attempts.length;
  const last = letters[letters.length - 1];
  if (last !== undefined) walk.after = last.position;
  const isLast = letters.length < limit;
  if (isLast) await moveSince(client, ledger.number);
  return !isLast;
}

/** Whether and for which accounts a letter can be applied now; accounts for which it can not wait from here on. */
function attempt(
  letter: Letter,
  ledger: string,
  projections: readonly Projection[],
  live: ReadonlyMap<string, LiveProjection>,
  retries: ReadonlySet<string> | null,
  { waiting, drained }: Walk,
): Attempt[] {
  const stay = (accounts: readonly number[]): void => {
    for (const account of accounts) if (!waiting.has(account)) waiting.set(account, letter.position);
  };
  const isAsked = retries === null || retries.has(letter.id);
  const free = letter.accounts.filter((account) => !waiting.has(account));
  const blocked = letter.accounts.find((account) => waiting.has(account));
  if (isAsked && letter.error !== null && blocked !== undefined)
    drained.blocked.set(letter.id, `Record ${waiting.get(blocked)} of one of its accounts is parked before it`);
  // Nothing of it can be applied, or nobody asked for it to be tried.
  if ((letter.accounts.length > 0 && free.length === 0) || (letter.error !== null && !isAsked)) {
    stay(letter.accounts);
    return [];
  }
  const prepared = prepareAgain(letter, ledger, projections);
  if (prepared instanceof Error) {
    drained.refused.set(letter.id, prepared.message);
    stay(letter.accounts);
    return [];
  }
  const behind = letter.accounts.length > 0 ? undefined : heldOf(letter, live).find(({ position }) => position < letter.position - 1n);
  if (behind !== undefined) {
    drained.blocked.set(letter.id, `${behind.projection} is at position ${behind.position} and has to come to the record first`);
    return [];
  }
  stay(letter.accounts.filter((account) => !free.includes(account)));
  return [{ letter, prepared, free: new Set(free) }];
}

/** The projections that hold before a letter which no account waits for: the record is missing from nothing else. */
const heldOf = ({ projections, position }: Letter, live: ReadonlyMap<string, LiveProjection>): LiveProjection[] =>
  projections.flatMap((name) => {
    const row = live.get(name);
    return row === undefined || row.position >= position ? [] : [row];
  });

function prepareAgain({ text }: Letter, ledger: string, projections: readonly Projection[]): PreparedRecord | Error {
  try {
    const prepared = prepareRecord({ ledger, text }, projections);
    return prepared.refusal === null ? prepared : new Error(prepared.refusal.error);
  } catch (error) {
    return error as Error;
  }
}

/**
 * Each projection of accounts that has come past a letter gets the part of its free accounts; one that has not will read it from the log. A letter of no accounts goes to the
 * projections that hold before it, whole and after such parts: only then is it known whether they take it. They catch up from there.
 */
async function applyAttempts(
  client: PoolClient,
  projections: readonly Projection[],
  live: ReadonlyMap<string, LiveProjection>,
  attempts: readonly Attempt[],
): Promise<void> {
  const work = projections.flatMap((projection) => {
    const row = live.get(projection.name);
    if (row === undefined) return [];
    const parts = attempts
      .filter(({ letter, free }) => free.size > 0 && letter.position > row.wholeTo && letter.position <= row.position)
      .flatMap(({ prepared, free }) =>
        projection.scope === 'account' ? [projection.ofAccounts(prepared.changes.get(projection), (number) => free.has(number))] : [],
      );
    const held = attempts.find(({ letter }) => letter.accounts.length === 0 && heldOf(letter, live).includes(row));
    if (held === undefined)
      return parts.length === 0 ? [] : [{ projection, live: row, changes: parts, position: row.position, recordedAt: row.recordedAt }];
    const { position, recordedAt } = held.prepared.record;
    return [{ projection, live: row, changes: [...parts, held.prepared.changes.get(projection)], position, recordedAt }];
  });
  const gains = await applyWork(client, work, projections);
  await moveProjections(
    client,
    work.map((one) => ({
      live: one.live,
      position: one.position,
      recordedAt: one.recordedAt,
      gain: gains.get(one.live.projection)?.get(one.live.generation),
    })),
  );
}

/** A letter that was tried alone can not be applied: it says why, and its accounts wait for it. When somebody else has settled it meanwhile, the walk goes on with what comes next. */
async function keepRefused(
  client: PoolClient,
  ledger: { id: string; number: number },
  walk: Walk,
  id: string | null,
  error: string,
): Promise<void> {
  await lockCheckpoints(client, [ledger.id]);
  const { rows } = await client.query<{ position: string; accounts: number[] }>(
    'update read.dead_letters set error = $2, attempts = attempts + 1, last_attempt_at = clock_timestamp() where id = $1 returning position, accounts',
    [id, error],
  );
  const [letter] = rows;
  if (id === null || letter === undefined) return;
  const position = BigInt(letter.position);
  walk.drained.refused.set(id, error);
  for (const account of letter.accounts) if (!walk.waiting.has(account)) walk.waiting.set(account, position);
  walk.after = position;
}
