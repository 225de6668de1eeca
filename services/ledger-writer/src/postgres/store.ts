import type { LedgerRecord, Micros } from '@ledgerflow/contracts';
import type { Logger } from '@ledgerflow/platform/log';
import type { PoolClient } from '@ledgerflow/platform/postgres';
import { OutcomeUnknownError, StoreUnavailableError } from '../application/errors.ts';
import type { HeadFilter, HeadReader } from '../application/heads.ts';
import type { AccountReading, BatchWrites, LedgerLocation, LedgerStore } from '../application/store.ts';
import { emptyView } from '../domain/empty.ts';
import type { BatchView, Head, Needs } from '../domain/state.ts';
import { type Cluster, withClient } from './cluster.ts';
import { type AtPoint, nothingAt } from './crash-points.ts';
import { Flight, fly, FlightError, handedOver, type FlightResult, ROLLBACK, unavailable } from './flight.ts';
import { PrincipalCache } from './principals.ts';
import { type BatchReading, HEAD_COLUMNS, headOf, type HeadRow, readBatch } from './read-batch.ts';
import * as reads from './reads.ts';
import { microsSql, plainArray, textArray } from './rows.ts';
import { sealedStatements, unsealedStatements } from './write-batch.ts';

/** How often, and how long apart, a lost COMMIT is looked up before the outcome is called unknown: 3.75 seconds of waiting, and on top what the look-ups take. */
const CONFIRM_ATTEMPTS_MAX = 5;
const CONFIRM_DELAY_MS = 250;

const HEADS = `select ${HEAD_COLUMNS} from ledger.heads
  where position > 0 and ($1::text[] is null or id = any($1::text[])) and ($2::int[] is null or slot = any($2::int[]))
    and ($3::bigint is null or recorded_at >= timestamptz '1970-01-01 00:00:00+00' + $3::bigint * interval '1 microsecond') order by ledger`;
const CLOCK = `select ${microsSql('clock_timestamp()')} as now`;

export interface PostgresStoreOptions {
  clusters: ReadonlyMap<string, Cluster>;
  log: Logger;
  /** For tests of crashes. */
  at?: AtPoint;
}

interface Session {
  client: PoolClient;
  /** Marks the connection as not to be used again. */
  discard: (reason: Error) => void;
}

type Decide<T> = (view: BatchView) => { writes: BatchWrites | null; result: T };
type Attempt<T> =
  { kind: 'done'; result: T } | { kind: 'no head' } | { kind: 'lost in commit'; last: LedgerRecord | undefined; result: T; cause: unknown };

/** The log on PostgreSQL, on as many clusters as the directory names. */
export class PostgresStore implements LedgerStore, HeadReader {
  private readonly clusters: ReadonlyMap<string, Cluster>;
  private readonly log: Logger;
  private readonly at: AtPoint;
  private readonly principals = new PrincipalCache();

  constructor({ clusters, log, at = nothingAt }: PostgresStoreOptions) {
    this.clusters = clusters;
    this.log = log;
    this.at = at;
  }

  private cluster({ ledger, cluster }: LedgerLocation): Cluster {
    const found = this.clusters.get(cluster);
    if (found === undefined)
      throw new StoreUnavailableError(`ledger ${ledger} is on cluster ${cluster}, which this writer is not configured for`);
    return found;
  }

  async transact<T>(location: LedgerLocation, needs: Needs, decide: Decide<T>): Promise<T> {
    const { write } = this.cluster(location);
    let attempt = await withClient(write, (client, discard) => this.attempt({ client, discard }, location, needs, decide, false));
    // The first record of a ledger brings its head row along; what was decided without a lock is decided again under it.
    if (attempt.kind === 'no head')
      attempt = await withClient(write, (client, discard) => this.attempt({ client, discard }, location, needs, decide, true));
    if (attempt.kind === 'done') return attempt.result;
    if (attempt.kind === 'no head') throw new StoreUnavailableError(`the head of ledger ${location.ledger} vanished`);
    await this.confirm(location, attempt.last, attempt.cause);
    return attempt.result;
  }

  private async attempt<T>(
    { client, discard }: Session,
    location: LedgerLocation,
    needs: Needs,
    decide: Decide<T>,
    createHead: boolean,
  ): Promise<Attempt<T>> {
    try {
      this.at('before-flight-1');
      const reading = await readBatch(client, location, needs, createHead);
      const { writes, result } = decide(reading?.view ?? emptyView(location, BigInt(Date.now()) * 1000n));
      if (writes === null || (reading === null && writes.records.length === 0)) {
        await fly(client, [ROLLBACK]);
        return { kind: 'done', result };
      }
      if (reading === null) {
        await fly(client, [ROLLBACK]);
        return { kind: 'no head' };
      }
      this.at('between-flights');
      return await this.write({ client, discard }, reading, writes, result);
    } catch (error) {
      // A connection that is lost has no transaction; any other goes back to the pool without one, or not at all.
      if (!(error instanceof FlightError && error.isConnectionLost)) {
        await fly(client, [ROLLBACK]).catch((cause: unknown) => discard(cause as Error));
      }
      throw error;
    }
  }

  private async write<T>({ client, discard }: Session, reading: BatchReading, writes: BatchWrites, result: T): Promise<Attempt<T>> {
    const { head } = reading.view;
    const principals = await this.principals.resolve(client, head, writes);
    let results: FlightResult[];
    // PostgreSQL works on the entries and the balances while the records are hashed here; the head and the COMMIT are last, so a half of this is nothing.
    const flight = new Flight(client);
    flight.send(unsealedStatements(reading, writes, principals));
    await handedOver();
    this.at('while-sealing');
    flight.send(sealedStatements(reading, writes, writes.seal(), principals));
    this.at('during-commit');
    try {
      results = await flight.land();
    } catch (error) {
      if (!(error instanceof FlightError) || !error.isConnectionLost) throw error;
      discard(error);
      return { kind: 'lost in commit', last: writes.records.at(-1), result, cause: error.cause };
    }
    // The COMMIT of an aborted transaction is no error: it answers ROLLBACK.
    const tag = results.at(-1)?.command;
    if (tag !== 'COMMIT') throw new Error(`COMMIT answered ${tag ?? 'nothing'}`);
    this.at('after-commit');
    this.principals.remember(head, principals);
    return { kind: 'done', result };
  }

  /**
   * Finds out what became of a batch whose COMMIT was not answered. Waiting for the head lock makes sure that its transaction is over; then its last record is
   * there or it is not. Refusals alone need no proof: without them the same question is decided again.
   */
  private async confirm(location: LedgerLocation, last: LedgerRecord | undefined, cause: unknown): Promise<void> {
    if (last === undefined) throw unavailable('the connection was lost before refusals were kept', cause);
    for (let attempt = 1; attempt <= CONFIRM_ATTEMPTS_MAX; attempt++) {
      const found = await withClient(this.cluster(location).write, (client) => leafUnderLock(client, location, last.position)).catch(
        (error: unknown) => {
          this.log.warn({ err: error, ledger: location.ledger, attempt }, 'a lost COMMIT could not be looked up yet');
          return null;
        },
      );
      if (found !== null) {
        const committed = found.leaf === last.hash;
        this.log.warn(
          { ledger: location.ledger, position: last.position.toString(), committed },
          'the connection was lost during COMMIT; looked the batch up',
        );
        if (committed) return;
        throw unavailable('the connection was lost during COMMIT and the batch was not committed', cause);
      }
      await new Promise((resolve) => setTimeout(resolve, CONFIRM_DELAY_MS * attempt));
    }
    throw new OutcomeUnknownError('the connection was lost during COMMIT and the log could not be looked up', { cause });
  }

  readLog(location: LedgerLocation, after: bigint, to: bigint | null, limit: number, bytesMax: number): Promise<string[]> {
    return reads.readLog(this.cluster(location).read, location, after, to, limit, bytesMax);
  }

  readStream(location: LedgerLocation, account: string, afterVersion: bigint, limit: number, bytesMax: number): Promise<string[]> {
    return reads.readStream(this.cluster(location).read, location, account, afterVersion, limit, bytesMax);
  }

  readAccount(location: LedgerLocation, account: string): Promise<AccountReading | null> {
    return reads.readAccount(this.cluster(location).read, location, account);
  }

  async readHead(location: LedgerLocation): Promise<Head | null> {
    const rows = await reads.query<HeadRow>(
      this.cluster(location).read,
      'head',
      `select ${HEAD_COLUMNS} from ledger.heads where ledger = $1 and position > 0`,
      [location.number],
    );
    return rows[0] === undefined ? null : headOf(rows[0]);
  }

  /** Of every cluster. Ledgers by unique (id), slots by index on heads (slot). */
  async readHeads({ ledgers, slots, recordedSince }: HeadFilter): Promise<{ location: LedgerLocation; head: Head }[]> {
    const values = [
      ledgers === undefined ? null : textArray(ledgers),
      slots === undefined ? null : plainArray(slots),
      recordedSince?.toString() ?? null,
    ];
    const lists = await Promise.all(
      [...this.clusters.values()].map(async ({ name, read }) => {
        const rows = await reads.query<HeadRow>(read, 'heads', HEADS, values);
        return rows.map((row) => ({
          location: { ledger: row.id, uuid: row.uuid, number: row.ledger, cluster: name, slot: row.slot },
          head: headOf(row),
        }));
      }),
    );
    return lists.flat();
  }

  async readClock(): Promise<Micros> {
    const clocks = await Promise.all(
      [...this.clusters.values()].map(async ({ read }) =>
        BigInt((await reads.query<{ now: string }>(read, 'clock', CLOCK, []))[0]?.now ?? 0),
      ),
    );
    return clocks.reduce((least, clock) => (clock < least ? clock : least));
  }

  resolveTime(location: LedgerLocation, time: Micros): Promise<{ position: bigint; epoch: number } | null> {
    return reads.resolveTime(this.cluster(location).read, location, time);
  }
}

async function leafUnderLock(client: PoolClient, { number }: LedgerLocation, position: bigint): Promise<{ leaf: string | null }> {
  const results = await fly(client, [
    { name: 'begin', text: 'begin isolation level read committed' },
    { name: 'confirm-lock', text: 'select 1 from ledger.heads where ledger = $1 for no key update', values: [number] },
    {
      name: 'confirm-leaf',
      text: `select encode(leaf, 'hex') as leaf from ledger.records where ledger = $1 and position = $2`,
      values: [number, position.toString()],
    },
    ROLLBACK,
  ]);
  return { leaf: (results[2]?.rows[0] as { leaf: string } | undefined)?.leaf ?? null };
}
