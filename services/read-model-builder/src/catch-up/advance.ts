import type { Pool, PoolClient } from '@ledgerflow/platform/postgres';
import {
  APPLIED_CHANNEL,
  holdProjections,
  moveProjections,
  readProjections,
  texts,
  type LiveProjection,
  type Projection,
} from '@ledgerflow/read-model/projections';
import { ApplyError, applyWork, LIMITS } from '../apply/work.ts';
import { lockCheckpoints, stopLedgers } from '../apply/checkpoints.ts';
import { readMarks } from '../apply/envelope.ts';
import type { PreparedRecord, Refusal } from '../apply/prepare.ts';
import { park } from '../letters/park.ts';
import type { Step } from './choose.ts';

export interface ApartLedger {
  id: string;
  number: number;
}

/** moved: somebody else works on these projections. refused: the rows of one projection can not be applied. slow: not in time. */
export type Advance = { kind: 'advanced' } | { kind: 'moved' } | { kind: 'refused'; refusal: Refusal } | { kind: 'slow'; error: Error };

/** What must not be applied of a range of records: parts that are parked, and what somebody discarded. */
interface Exclusions {
  parked: ReadonlyMap<bigint, ReadonlySet<number>>;
  discarded: ReadonlyMap<bigint, { projections: readonly string[]; accounts: ReadonlySet<number> }>;
}

async function readExclusions(client: PoolClient, ledger: number, from: bigint, to: bigint): Promise<Exclusions> {
  const range = [ledger, from.toString(), to.toString()];
  const [letters, divergences] = await Promise.all([
    client.query<{ position: string; accounts: number[] }>(
      `select position, accounts from read.dead_letters where ledger = $1 and position > $2 and position <= $3 and accounts <> '{}'`,
      range,
    ),
    client.query<{ position: string; projections: string[]; accounts: number[] }>(
      'select position, projections, accounts from read.divergences where ledger = $1 and position > $2 and position <= $3',
      range,
    ),
  ]);
  return {
    parked: new Map(letters.rows.map((row) => [BigInt(row.position), new Set(row.accounts)])),
    discarded: new Map(
      divergences.rows.map(({ position, projections, accounts }) => [BigInt(position), { projections, accounts: new Set(accounts) }]),
    ),
  };
}

/** What of a record a projection gets: all, a part, nothing, or it refuses it. */
function changesFor(projection: Projection, live: LiveProjection, prepared: PreparedRecord, { parked, discarded }: Exclusions): unknown[] {
  const { position } = prepared.record;
  const given = discarded.get(position);
  if (given?.projections.includes(projection.name) === true) return withoutDiscarded(projection, prepared, given.accounts);
  const without = projection.scope === 'account' && position > live.wholeTo ? parked.get(position) : undefined;
  if (without !== undefined && prepared.accounts().every(({ number }) => without.has(number))) return [];
  if (!prepared.changes.has(projection)) throw new RefusedError(projection.name, prepared);
  const change = prepared.changes.get(projection);
  return [
    without === undefined || projection.scope === 'ledger' ? change : projection.ofAccounts(change, (number) => !without.has(number)),
  ];
}

/** What is left of a record that somebody discarded: the part of other accounts, and a step past it for those that it was discarded for, so that what comes after it fits on. */
function withoutDiscarded(projection: Projection, { text, changes }: PreparedRecord, accounts: ReadonlySet<number>): unknown[] {
  if (projection.scope === 'ledger') return [];
  const others = changes.has(projection) ? [projection.ofAccounts(changes.get(projection), (number) => !accounts.has(number))] : [];
  const passed = (readMarks(text)?.marks ?? []).filter(({ number }) => accounts.has(number));
  return projection.passOver === undefined || passed.length === 0 ? others : [...others, projection.passOver(passed)];
}

class RefusedError extends Error {
  override name = 'RefusedError';
  readonly refusal: Refusal;
  constructor(projection: string, { refusal }: PreparedRecord) {
    super(refusal?.error ?? 'the record was made for other projections');
    this.refusal = { projections: [projection], error: this.message };
  }
}

/**
 * Applies records, dense from the step's start, to the step's projections alone. Locks their rows; at the end of the way, where they join, the ledger's checkpoint before them, so
 * that nothing is applied to the others meanwhile and what follows is applied to all.
 */
export async function advance(pool: Pool, ledger: ApartLedger, step: Step, records: readonly PreparedRecord[]): Promise<Advance> {
  const client = await pool.connect();
  try {
    const outcome = await transaction(client, ledger, step, records);
    if (outcome.kind === 'advanced') await client.query('commit');
    client.release(outcome.kind !== 'advanced');
    return outcome;
  } catch (error) {
    client.release(true);
    if (error instanceof RefusedError) return { kind: 'refused', refusal: error.refusal };
    if (error instanceof ApplyError && error.isRefusal)
      return { kind: 'refused', refusal: { projections: [error.projection], error: error.message } };
    if (error instanceof ApplyError && error.isSlow) return { kind: 'slow', error };
    throw error instanceof ApplyError ? error.cause : error;
  }
}

async function transaction(client: PoolClient, ledger: ApartLedger, step: Step, records: readonly PreparedRecord[]): Promise<Advance> {
  const names = step.projections.map(({ name }) => name);
  const [, locked] = await Promise.all([
    client.query('begin'),
    step.joins ? lockCheckpoints(client, [ledger.id]) : null,
    client.query('select 1 from read.projections where ledger = $1 and projection = any($2) order by projection for no key update', [
      ledger.number,
      names,
    ]),
  ]);
  await client.query(LIMITS);
  const live = (await readProjections(client, [ledger.number])).get(ledger.number);
  const rows = step.projections.flatMap((projection) => {
    const row = live?.get(projection.name);
    return row === undefined || row.position !== step.from ? [] : [{ projection, live: row }];
  });
  const checkpoint = locked?.[0] ?? null;
  if (rows.length < names.length || (checkpoint !== null && checkpoint.stoppedReason !== null)) return { kind: 'moved' };
  const end = checkpoint?.position ?? step.to;
  const applicable = records.filter(({ record }) => record.position <= end);
  const last = applicable[applicable.length - 1];
  if (checkpoint !== null && last?.record.position === checkpoint.position && last.record.hash !== checkpoint.recordHash) {
    const reason = `record ${checkpoint.position} of the log is not the one that was applied`;
    await stopLedgers(client, [{ of: checkpoint, reason }]);
    return { kind: 'advanced' };
  }
  if (last !== undefined) await applyTo(client, ledger, rows, applicable, step.from);
  const position = last?.record.position ?? step.from;
  if (checkpoint !== null && position === checkpoint.position) {
    await holdProjections(
      client,
      names.map((projection) => ({ ledger: ledger.number, projection, reason: null })),
    );
  }
  await client.query(`select pg_notify('${APPLIED_CHANNEL}', $1)`, [`${ledger.number}:${position}`]);
  return { kind: 'advanced' };
}

async function applyTo(
  client: PoolClient,
  ledger: ApartLedger,
  rows: readonly { projection: Projection; live: LiveProjection }[],
  records: readonly PreparedRecord[],
  from: bigint,
): Promise<void> {
  const { position, recordedAt } = (records[records.length - 1] as PreparedRecord).record;
  const exclusions = await readExclusions(client, ledger.number, from, position);
  const work = rows.map(({ projection, live }) => ({
    projection,
    live,
    changes: records.flatMap((prepared) => changesFor(projection, live, prepared, exclusions)),
  }));
  const gains = await applyWork(
    client,
    work,
    rows.map(({ projection }) => projection),
  );
  await moveProjections(
    client,
    rows.map(({ live }) => ({ live, position, recordedAt, gain: gains.get(live.projection)?.get(live.generation) })),
  );
}

/** A projection that caught up refuses a record: it holds before it, and the record is shown among the dead letters. */
export async function holdRefused(pool: Pool, ledger: ApartLedger, prepared: PreparedRecord, refusal: Refusal): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    await lockCheckpoints(client, [ledger.id]);
    await park(client, ledger.number, [{ prepared, accounts: [], refusal }]);
    await client.query(
      `update read.projections p set held_reason = h.reason, held_at = coalesce(p.held_at, clock_timestamp())
       from unnest($2::text[], $3::text[]) as h(projection, reason) where p.ledger = $1 and p.projection = h.projection and p.position < $4`,
      [
        ledger.number,
        texts(refusal.projections),
        texts(refusal.projections.map(() => `record ${prepared.record.position} is parked: ${refusal.error}`)),
        prepared.record.position.toString(),
      ],
    );
    await client.query('commit');
    client.release();
  } catch (error) {
    client.release(true);
    throw error;
  }
}
