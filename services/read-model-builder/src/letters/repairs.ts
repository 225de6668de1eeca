import { Periodic } from '@ledgerflow/platform/lifecycle';
import type { Logger } from '@ledgerflow/platform/log';
import { Listener, type Pool, type PoolClient } from '@ledgerflow/platform/postgres';
import type { Projection } from '@ledgerflow/read-model/projections';
import { discard, type DiscardRefusal } from './discard.ts';
import { drain, type Drained } from './drain.ts';

const INTERVAL_MS = 1_000;
/** Told when a repair is asked for. */
const REPAIRS_CHANNEL = 'repairs';
/** Told when a repair is done; the payload is its id. */
export const REPAIRED_CHANNEL = 'repaired';
/** Two builders do not work on the same repair; doing one twice does no harm. */
const LOCK = `select pg_try_advisory_lock(hashtextextended('read.repairs ' || $1::text, 0)) as locked`;
const UNLOCK = `select pg_advisory_unlock(hashtextextended('read.repairs ' || $1::text, 0))`;

/** Why a repair did nothing, or not all that was asked. */
export type RepairCode = DiscardRefusal | 'still_refused' | 'ledger_stopped' | null;

export interface RepairOutcome {
  /** Records, or parts of them, that were applied. */
  applied: number;
  /** Records that are still parked, of those ledgers. */
  left: number;
  code: RepairCode;
  detail: string | null;
}

interface Repair {
  id: string;
  kind: 'retry' | 'discard';
  dead_letter: string | null;
  ledger: number | null;
  reason: string | null;
  actor: string;
}

interface LedgerRef {
  id: string;
  number: number;
}

export interface RepairsOptions {
  pool: Pool;
  log: Logger;
  projections?: readonly Projection[];
  /** For LISTEN, a connection of its own; without it requests are seen at the next look. */
  url?: string;
  intervalMs?: number;
}

/** Does what people asked to be done with dead letters (read.repairs), one after the other, when told and otherwise every second. */
export class Repairs {
  private readonly options: RepairsOptions;
  private readonly loop: Periodic;
  private readonly listener: Listener | null;

  constructor(options: RepairsOptions) {
    this.options = options;
    this.loop = new Periodic(() => this.work(), {
      intervalMs: options.intervalMs ?? INTERVAL_MS,
      onError: (error) => options.log.warn({ err: error }, 'repairs could not be looked for; trying again'),
    });
    const { url = null, log } = options;
    const wake = (): void => this.loop.wake();
    this.listener = url === null ? null : new Listener({ url, channel: REPAIRS_CHANNEL, log, onNotification: wake, onGap: wake });
  }

  async start(): Promise<void> {
    this.loop.wake();
    await this.listener?.start();
  }

  async stop(): Promise<void> {
    await Promise.all([this.loop.stop(), this.listener?.stop()]);
  }

  private async work(): Promise<void> {
    const { rows } = await this.options.pool.query<Repair>(
      'select id, kind, dead_letter, ledger, reason, actor from read.repairs where finished_at is null order by requested_at limit 100',
    );
    for (const repair of rows) {
      if (this.loop.isStopped) return;
      // One that can not be done now does not keep the others waiting.
      await this.alone(repair).catch((error: unknown) =>
        this.options.log.warn({ err: error, repair: repair.id }, 'a repair could not be done; trying again'),
      );
    }
  }

  private async alone(repair: Repair): Promise<void> {
    const client = await this.options.pool.connect();
    try {
      const { rows } = await client.query<{ locked: boolean }>(LOCK, [repair.id]);
      if (rows[0]?.locked === true) {
        await this.execute(client, repair);
        await client.query(UNLOCK, [repair.id]);
      }
      client.release();
    } catch (error) {
      // The lock goes with the connection.
      client.release(true);
      throw error;
    }
  }

  private async execute(client: PoolClient, repair: Repair): Promise<void> {
    const outcome = await this.outcomeOf(repair);
    await client.query(
      `with done as (update read.repairs set finished_at = clock_timestamp(), outcome = $2 where id = $1 and finished_at is null returning id)
       select pg_notify('${REPAIRED_CHANNEL}', id::text) from done`,
      [repair.id, JSON.stringify(outcome)],
    );
    this.options.log.info({ repair: repair.id, kind: repair.kind, actor: repair.actor, outcome }, 'a repair was done');
  }

  private async outcomeOf({ kind, dead_letter: letter, ledger, reason, actor }: Repair): Promise<RepairOutcome> {
    const { pool, projections } = this.options;
    if (letter === null) return this.drainAll(ledger, null);
    const { rows } = await pool.query<LedgerRef & { position: string; is_refused: boolean }>(
      `select c.id, c.ledger as number, d.position, d.error is not null as is_refused from read.dead_letters d join read.checkpoints c on c.ledger = d.ledger where d.id = $1`,
      [letter],
    );
    const [found] = rows;
    // It may have been applied before this repair broke off: then what waited behind it goes on now.
    if (found === undefined) {
      const { applied, left } = await this.drainAll(ledger, new Set());
      return { applied, left, code: applied > 0 ? null : 'not_found', detail: null };
    }
    if (!found.is_refused) {
      const { applied } = await drain({ pool, projections }, found, new Set());
      const left = await this.left(found);
      return { applied, left, code: 'not_refused', detail: 'It waits for an earlier record of its accounts' };
    }
    if (kind === 'discard') {
      const code = await discard(pool, { ledger: found, letter, reason: reason ?? '', actor }, projections);
      // What waited behind it goes on.
      const drained = code === null ? await drain({ pool, projections }, found, new Set()) : null;
      const detail = code === null ? await this.missing(found, found.position) : null;
      return { applied: drained?.applied ?? 0, left: await this.left(found), code, detail };
    }
    const drained = await drain({ pool, projections }, found, new Set([letter]));
    return { applied: drained.applied, left: await this.left(found), ...verdict(drained, letter) };
  }

  /**
   * The letters of a ledger, or of all; `retries` null: all of them are tried, else only what waits for nothing any more goes on. The detail is why the first that stays does; when
   * nothing was applied at all there is a code to it.
   */
  private async drainAll(ledger: number | null, retries: ReadonlySet<string> | null): Promise<RepairOutcome> {
    const { pool, projections } = this.options;
    const { rows } = await pool.query<LedgerRef>(
      'select id, ledger as number from read.checkpoints where dead_letters > 0 and ($1::int is null or ledger = $1) order by ledger',
      [ledger],
    );
    let [applied, left, first] = [0, 0, NOTHING];
    for (const one of rows) {
      const drained = await drain({ pool, projections }, one, retries);
      applied += drained.applied;
      left += await this.left(one);
      if (first.code === null) first = firstOf(drained);
    }
    return { applied, left, code: applied === 0 && left > 0 ? first.code : null, detail: first.detail };
  }

  /** Says which projections lack a record that was discarded. */
  private async missing({ number }: LedgerRef, position: string): Promise<string> {
    const { rows } = await this.options.pool.query<{ projections: string[] }>(
      'select projections from read.divergences where ledger = $1 and position = $2',
      [number, position],
    );
    return `Record ${position} is missing from ${(rows[0]?.projections ?? []).toSorted().join(', ')} until all of these are rebuilt`;
  }

  private async left({ number }: LedgerRef): Promise<number> {
    const { rows } = await this.options.pool.query<{ dead_letters: number }>(
      'select dead_letters from read.checkpoints where ledger = $1',
      [number],
    );
    return rows[0]?.dead_letters ?? 0;
  }
}

type Verdict = Pick<RepairOutcome, 'code' | 'detail'>;

const NOTHING: Verdict = { code: null, detail: null };

/** What a retry came to for one letter. */
function verdict({ refused, blocked, stopped }: Drained, letter: string): Verdict {
  return verdictOf(refused.get(letter), blocked.get(letter), stopped);
}

/** Why the first of the letters that stay does. */
function firstOf({ refused, blocked, stopped }: Drained): Verdict {
  return verdictOf([...refused.values()][0], [...blocked.values()][0], stopped);
}

function verdictOf(refused: string | undefined, blocked: string | undefined, stopped: string | null): Verdict {
  if (refused !== undefined) return { code: 'still_refused', detail: refused };
  if (blocked !== undefined) return { code: 'earlier_record_parked', detail: blocked };
  return stopped === null ? NOTHING : { code: 'ledger_stopped', detail: stopped };
}
