import { readStatus, type SlotStatus } from '../../../ledger-writer/src/outbox/status.ts';
import type { Installation } from '../installation.ts';
import { relayOf } from './relay.ts';
import { adviceFor, wantedDatabase } from './absent.ts';
import type { Context, Database } from '../context.ts';
import { fail, ok, type Result, skipped, warn } from '../finding.ts';

const WARN_SECONDS = 10;
const FAIL_SECONDS = 300;
/** As DEAD_LETTER_AGE_MAX_SECONDS is by default. */
const LETTER_AGE_MAX_SECONDS = 3_600;
/** In order of id. */
const LEDGERS_MAX = 200_000;
/** Of the ledgers that are behind: of so many it is asked since when. */
const PROBES_MAX = 50;
const NAMES_MAX = 5;

const names = (list: readonly string[]): string =>
  list.slice(0, NAMES_MAX).join(', ') + (list.length > NAMES_MAX ? ` and ${list.length - NAMES_MAX} more` : '');

function byAge(subject: string, message: string, seconds: number, advice: string): Result {
  const text = `${message}, for ${seconds.toFixed(1)} s`;
  if (seconds >= FAIL_SECONDS) return fail(subject, text, advice);
  return seconds >= WARN_SECONDS ? warn(subject, text, advice) : ok(subject, text);
}

/** What the relay has still to send, and whether somebody is there to send it. */
export function judgeOutbox(subject: string, slots: readonly SlotStatus[], slotsWanted: number): Result[] {
  const list = (kept: (slot: SlotStatus) => boolean): string => names(slots.filter(kept).map(({ slot }) => String(slot)));
  const results: Result[] = [];
  const lost = list(({ isLive }) => !isLive);
  const advice = 'see that a ledger-writer with KAFKA_BROKERS runs, and its log';
  if (slots.length < slotsWanted) results.push(fail(subject, `has ${slots.length} slots, SLOTS is ${slotsWanted}`, advice));
  if (lost !== '') results.push(fail(subject, `no relay holds the slots ${lost}`, advice));
  const open = slots.find(({ breaker }) => breaker === 'open');
  if (open !== undefined)
    results.push(
      fail(
        subject,
        `the circuit breaker around Kafka is open: ${open.lastError ?? 'no reason is known'}`,
        'put Kafka right: what waits is sent by itself then',
      ),
    );
  const backlog = slots.reduce((sum, slot) => sum + slot.backlog, 0n);
  const age = Math.max(0, ...slots.map(({ oldestAgeSeconds }) => oldestAgeSeconds));
  results.push(
    backlog === 0n
      ? ok(subject, 'nothing waits to be sent')
      : byAge(subject, `${backlog} records wait to be sent`, age, 'see the relay and Kafka (/admin/outbox)'),
  );
  return results;
}

interface Head {
  ledger: number;
  id: string;
  epoch: number;
  position: string;
}

interface Checkpoint extends Head {
  stopped: string | null;
}

/** Age in seconds of the oldest record that is not applied, over the ledgers that are most behind. */
async function oldestAge({ query }: Database, behind: readonly { head: Head; applied: bigint }[]): Promise<number> {
  const worst = behind
    .toSorted((a, b) => Number(BigInt(b.head.position) - b.applied - (BigInt(a.head.position) - a.applied)))
    .slice(0, PROBES_MAX);
  // By primary key, one probe a ledger.
  const [row] = await query<{ age: number | null }>(
    `select extract(epoch from clock_timestamp() - min(r.recorded_at))::float8 as age
       from unnest($1::int[], $2::bigint[]) b(ledger, position)
       cross join lateral (select recorded_at from ledger.records where ledger = b.ledger and position = b.position offset 0) r`,
    [worst.map(({ head }) => head.ledger), worst.map(({ applied }) => String(applied + 1n))],
  );
  return row?.age ?? 0;
}

/** Ledgers that the read side has and no cluster that was asked. With clusters left out that may be well. */
export function judgeHeadless(ids: readonly string[], isEveryCluster: boolean): Result[] {
  if (ids.length === 0) return [];
  const message = `has ledgers that no cluster has: ${names(ids)}`;
  return isEveryCluster
    ? [fail('read side', message, 'a lost or restored log: see docs/guides/restored-ledger.md')]
    : [warn('read side', `${message}; not every cluster was asked`, 'let LEDGER_CLUSTERS name all, and see that they answer')];
}

/** Whether every cluster in which the directory has ledgers was asked; without the directory nobody knows. */
async function asksEveryCluster({ isWhole, databases: places }: Installation, databases: readonly Database[]): Promise<boolean> {
  const named = places.filter(({ kind }) => kind === 'ledger');
  const asked = new Set(databases.filter(({ kind }) => kind === 'ledger').map(({ name }) => name));
  if (named.some(({ name }) => !asked.has(name))) return false;
  if (isWhole) return true;
  const directory = databases.find(({ kind }) => kind === 'directory');
  if (directory === undefined) return false;
  const clusters = await directory.query<{ cluster: string }>('select distinct cluster from directory.ledgers');
  return clusters.every(({ cluster }) => asked.has(`database ledger ${cluster}`));
}

/** At most LEDGERS_MAX rows in order of id, and the id of the last if there are more. */
async function inOrder<Row extends { id: string }>(
  { query }: Database,
  columns: string,
  table: string,
): Promise<{ rows: Row[]; cutAt: string | null }> {
  const rows = await query<Row>(`select ${columns} from ${table} order by id collate "C" limit ${LEDGERS_MAX + 1}`);
  if (rows.length <= LEDGERS_MAX) return { rows, cutAt: null };
  return { rows: rows.slice(0, LEDGERS_MAX), cutAt: rows[LEDGERS_MAX - 1]?.id ?? null };
}

async function ofReadSide(ledgers: readonly Database[], read: Database, isEveryCluster: boolean): Promise<Result[]> {
  const subject = 'read side';
  // The checkpoints first: what is written meanwhile is behind for a moment, and never ahead.
  const applied = await inOrder<Checkpoint>(read, 'ledger, id, epoch, position::text, stopped_reason as stopped', 'read.checkpoints');
  const checkpoints = new Map(applied.rows.map((row) => [row.id, row]));
  const cuts = applied.cutAt === null ? [] : [applied.cutAt];
  const headless = new Set(checkpoints.keys());
  const results: Result[] = [];
  let [records, age, count] = [0n, 0, 0];
  for (const cluster of ledgers) {
    const { rows, cutAt } = await inOrder<Head>(cluster, 'ledger, id, epoch, position::text', 'ledger.heads');
    if (cutAt !== null) cuts.push(cutAt);
    // What was not read of the checkpoints is not known to lack.
    const heads = rows.filter(({ id }) => applied.cutAt === null || id <= applied.cutAt);
    const behind: { head: Head; applied: bigint }[] = [];
    for (const head of heads) {
      headless.delete(head.id);
      const checkpoint = checkpoints.get(head.id);
      const position = BigInt(checkpoint?.position ?? 0);
      if (checkpoint !== undefined && (checkpoint.epoch > head.epoch || position > BigInt(head.position)))
        results.push(
          fail(
            subject,
            `${head.id} is applied to position ${position} of epoch ${checkpoint.epoch}, its log ends at ${head.position} of epoch ${head.epoch}`,
            'a restored log: see docs/guides/restored-ledger.md',
          ),
        );
      else if (position < BigInt(head.position)) behind.push({ head, applied: position });
    }
    count += heads.length;
    records += behind.reduce((sum, { head, applied }) => sum + BigInt(head.position) - applied, 0n);
    if (behind.length > 0) age = Math.max(age, await oldestAge(cluster, behind));
  }
  const cutAt = cuts.toSorted()[0];
  results.push(
    ...judgeHeadless(
      [...headless].filter((id) => cutAt === undefined || id <= cutAt),
      isEveryCluster,
    ),
  );
  if (cutAt !== undefined)
    results.push(
      warn(subject, `there are more than ${LEDGERS_MAX} ledgers: those after ${cutAt} are not compared`, 'npm run verify looks at all'),
    );
  const stopped = [...checkpoints.values()].filter((row) => row.stopped !== null);
  if (stopped.length > 0)
    results.push(
      fail(
        subject,
        `stopped: ${names(stopped.map(({ id }) => id))} (${stopped[0]?.stopped})`,
        'put right what the reason says (docs/concepts/read-side.md); the ledger goes on by itself or after a rebuild',
      ),
    );
  results.push(
    records === 0n
      ? ok(subject, count === 1 ? '1 ledger is applied to its head' : `${count} ledgers are applied to their heads`)
      : byAge(subject, `${records} records are not applied`, age, 'see that the read-model-builder runs and its log (/admin/projections)'),
  );
  return results;
}

async function ofRepairs({ query }: Database): Promise<Result[]> {
  const [row] = await query<{
    refused: number;
    waiting: number;
    age: number | null;
    diverged: number;
    held: number;
    reason: string | null;
  }>(
    `select (select count(*) from read.dead_letters where error is not null)::int as refused,
            (select count(*) from read.dead_letters where error is null)::int as waiting,
            (select extract(epoch from clock_timestamp() - min(parked_at)) from read.dead_letters)::float8 as age,
            (select count(*) from read.divergences)::int as diverged,
            (select count(*) from read.projections where held_reason is not null)::int as held,
            (select min(held_reason) from read.projections where held_reason is not null) as reason`,
  );
  const { refused = 0, waiting = 0, age = 0, diverged = 0, held = 0, reason = null } = row ?? {};
  const results: Result[] = [];
  if (refused + waiting > 0) {
    const text = `${refused} records were refused, ${waiting} wait behind them`;
    const advice = 'see docs/guides/dead-letters.md: retry them once the cause is gone';
    results.push(
      (age ?? 0) > LETTER_AGE_MAX_SECONDS
        ? fail('dead letters', `${text}, some for more than an hour`, advice)
        : warn('dead letters', text, advice),
    );
  } else results.push(ok('dead letters', 'there are none'));
  if (diverged > 0)
    results.push(
      warn(
        'projections',
        `${diverged} discarded records are missing in projections`,
        'rebuild the projections that /admin/projections names',
      ),
    );
  if (held > 0) results.push(warn('projections', `${held} are held: ${reason}`, 'they go on when the parked records are repaired'));
  return results;
}

/** What waits: records for Kafka, records for the read side, what was parked. */
export async function lag(context: Context): Promise<Result[]> {
  const { installation, databases } = context;
  const { kafka } = installation;
  const ledgers = databases.filter(({ kind }) => kind === 'ledger');
  const read = databases.find(({ kind }) => kind === 'read') ?? databases.find(({ kind }) => kind === 'read as gateway');
  const relay = await relayOf(installation);
  const isOutboxSeen = relay === 'off' || (kafka !== null && ledgers.length > 0);
  const outboxes = ledgers.map(async ({ name, query }): Promise<Result[]> => {
    if (kafka === null) return [];
    const slots = await readStatus({ query: async (text, values) => ({ rows: await query(text, values) }) }, kafka.slots);
    return judgeOutbox(`outbox of ${name}`, slots, kafka.slots);
  });
  const log = wantedDatabase(context, 'ledger', 'LEDGER_CLUSTERS');
  const asBuilder = wantedDatabase(context, 'read', 'READ_DATABASE_URL');
  const readModel = read === undefined ? asBuilder : { ...asBuilder, isSet: true, isThere: true };
  const brokers = { variable: 'KAFKA_BROKERS', isSet: kafka !== null, isThere: true };
  const readSide =
    read === undefined || ledgers.length === 0
      ? Promise.resolve([skipped('read side', 'needs the databases of ledgers and read model', adviceFor([log, readModel]))])
      : asksEveryCluster(installation, databases).then((isEvery) => ofReadSide(ledgers, read, isEvery));
  return [
    ...(await Promise.all(outboxes)).flat(),
    ...(isOutboxSeen ? [] : [skipped('outbox', 'whether records wait for Kafka is not known', adviceFor([log, brokers]))]),
    ...(await readSide),
    ...(read === undefined ? [skipped('dead letters', 'need the read model', adviceFor([readModel]))] : await ofRepairs(read)),
  ];
}
