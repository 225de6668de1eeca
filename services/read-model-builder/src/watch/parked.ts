import type { Verdict } from '@ledgerflow/platform/health';
import { Periodic } from '@ledgerflow/platform/lifecycle';
import type { Logger } from '@ledgerflow/platform/log';
import type { Pool } from '@ledgerflow/platform/postgres';

const INTERVAL_MS = 5_000;
/** From this share of the records that a ledger may have parked on, somebody has to look. */
const NEAR_LIMIT_SHARE = 0.8;
/** Refused records are counted up to here; more are told as so many. */
const REFUSED_COUNT_MAX = 10_000;

/** What is parked in the whole read model. */
export interface Parked {
  refused: number;
  queued: number;
  accounts: number;
  /** Of one ledger, at most. */
  recordsOfLedgerMax: number;
  oldestSeconds: number;
  heldProjections: number;
}

const NOTHING: Parked = { refused: 0, queued: 0, accounts: 0, recordsOfLedgerMax: 0, oldestSeconds: 0, heldProjections: 0 };

export interface ParkedWatchOptions {
  pool: Pool;
  log: Logger;
  deadLettersMax: number;
  ageMaxSeconds: number;
  intervalMs?: number;
}

/** Looks every few seconds at what is parked. The counters of the checkpoints tell it, so that a hundred thousand parked records cost no more than one. */
export class ParkedWatch {
  private readonly options: ParkedWatchOptions;
  private parked: Parked = NOTHING;
  private readonly loop: Periodic;

  constructor(options: ParkedWatchOptions) {
    this.options = options;
    this.loop = new Periodic(() => this.look(), {
      intervalMs: options.intervalMs ?? INTERVAL_MS,
      onError: (error) => options.log.warn({ err: error }, 'what is parked could not be read'),
    });
  }

  start(): void {
    this.loop.wake();
  }

  stop(): Promise<void> {
    return this.loop.stop();
  }

  get now(): Parked {
    return this.parked;
  }

  get isOverLimit(): boolean {
    const { deadLettersMax, ageMaxSeconds } = this.options;
    return this.parked.oldestSeconds > ageMaxSeconds || this.parked.recordsOfLedgerMax > deadLettersMax * NEAR_LIMIT_SHARE;
  }

  health(): Verdict {
    if (!this.isOverLimit) return { ok: true };
    const { refused, queued, oldestSeconds } = this.parked;
    return { ok: false, reason: `${refused + queued} records are parked, the oldest for ${Math.floor(oldestSeconds)} s` };
  }

  private async look(): Promise<void> {
    const { rows } = await this.options.pool.query<Record<keyof Parked, string>>(
      `select r.refused, greatest(c.records - r.refused, 0) as queued, c.accounts, c.most as "recordsOfLedgerMax",
         (select count(*) from read.projections where held_reason is not null) as "heldProjections",
         coalesce(extract(epoch from clock_timestamp() - (select parked_at from read.dead_letters order by parked_at limit 1)), 0) as "oldestSeconds"
       from (select coalesce(sum(dead_letters), 0) as records, coalesce(sum(parked_accounts), 0) as accounts, coalesce(max(dead_letters), 0) as most
           from read.checkpoints) c,
         (select count(*) as refused from (select from read.dead_letters where error is not null limit ${REFUSED_COUNT_MAX}) x) r`,
    );
    const row = rows[0]!;
    this.parked = {
      refused: Number(row.refused),
      queued: Number(row.queued),
      accounts: Number(row.accounts),
      recordsOfLedgerMax: Number(row.recordsOfLedgerMax),
      oldestSeconds: Number(row.oldestSeconds),
      heldProjections: Number(row.heldProjections),
    };
  }
}
