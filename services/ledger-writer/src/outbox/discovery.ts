import type { Logger } from '@ledgerflow/platform/log';
import type { LedgerLocation } from '../application/store.ts';
import { select } from './sql.ts';
import type { Sql } from './sql.ts';

/** LISTEN/NOTIFY channel of one cluster. A notice is a hint; the sweep finds what it misses. */
export const COMMIT_CHANNEL = 'ledgerflow_commits';
/** Commits are collected for so long before one NOTIFY tells of all of them. */
const COALESCE_MS = 20;
/** PostgreSQL's limit is 8,000 bytes. */
const NOTICE_BYTES_MAX = 7_500;
const EVERYTHING = '*';
/** More ledgers than that within one notice are not named. */
const LEDGERS_MAX = 500;

export interface CommitNotice {
  slot: number;
  ledger: number;
  head: bigint;
}

export interface ParsedNotice {
  origin: string;
  /** null: too many to name; sweep. */
  notices: CommitNotice[] | null;
}

function formatNotice(origin: string, pending: ReadonlyMap<number, CommitNotice>): string {
  let text = origin;
  if (pending.size > LEDGERS_MAX) return `${origin} ${EVERYTHING}`;
  for (const { slot, ledger, head } of pending.values()) {
    text += ` ${slot}:${ledger}:${head}`;
    if (text.length > NOTICE_BYTES_MAX) return `${origin} ${EVERYTHING}`;
  }
  return text;
}

/** Reads a notice; anything odd means "sweep". */
export function parseNotice(payload: string): ParsedNotice {
  const [origin = '', ...words] = payload.split(' ');
  const notices: CommitNotice[] = [];
  for (const word of words) {
    const match = /^(\d+):(\d+):(\d+)$/.exec(word);
    if (match === null) return { origin, notices: null };
    notices.push({ slot: Number(match[1]), ledger: Number(match[2]), head: BigInt(match[3] as string) });
  }
  return { origin, notices };
}

/**
 * Tells other replicas of commits, outside of the write transactions: NOTIFY inside them would serialise all commits of the cluster on one lock. One statement at a
 * time; what comes meanwhile goes with the next.
 */
export class CommitNotifier {
  private readonly sql: Sql;
  private readonly log: Logger;
  private readonly origin: string;
  private pending = new Map<number, CommitNotice>();
  private timer: NodeJS.Timeout | null = null;
  private sending: Promise<void> | null = null;
  private isStopped = false;

  /** `origin` must have no spaces; the relay of the same process skips its own notices by it. */
  constructor(sql: Sql, origin: string, log: Logger) {
    this.sql = sql;
    this.origin = origin;
    this.log = log;
  }

  committed(location: LedgerLocation, headPosition: bigint): void {
    if (this.pending.size <= LEDGERS_MAX)
      this.pending.set(location.number, { slot: location.slot, ledger: location.number, head: headPosition });
    this.schedule();
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    await this.sending;
  }

  private schedule(): void {
    if (this.timer !== null || this.sending !== null || this.isStopped) return;
    this.timer = setTimeout(() => {
      this.timer = null;
      this.sending = this.send().finally(() => {
        this.sending = null;
        if (this.pending.size > 0 && !this.isStopped) this.schedule();
      });
    }, COALESCE_MS);
    this.timer.unref();
  }

  private async send(): Promise<void> {
    const payload = formatNotice(this.origin, this.pending);
    this.pending = new Map();
    try {
      await this.sql.query('select pg_notify($1, $2)', [COMMIT_CHANNEL, payload]);
    } catch (error) {
      this.log.debug({ err: error }, 'a commit notice was lost; the sweep will find the records');
    }
  }
}

export interface Lagging {
  ledger: number;
  slot: number;
  head: bigint;
  cursor: bigint;
  /** Milliseconds since 1970 of the head's record. */
  headAtMs: number;
}

// heads_slot, then relay_cursors by primary key. Locks nothing.
const SWEEP = `
  select h.ledger, h.slot, h.position as head, coalesce(c.position, 0) as cursor, (extract(epoch from h.recorded_at) * 1000)::float8 as "headAtMs"
    from ledger.heads h left join ledger.relay_cursors c using (ledger)
   where h.slot = any($1::int[]) and h.position > coalesce(c.position, 0)
   order by h.recorded_at limit $2`;

/** Ledgers of the slots whose head is beyond their cursor, those that have waited longest first. */
export async function sweep(sql: Sql, slots: readonly number[], limit: number): Promise<Lagging[]> {
  if (slots.length === 0) return [];
  const rows = await select<{ ledger: number; slot: number; head: string; cursor: string; headAtMs: number }>(sql, SWEEP, [slots, limit]);
  return rows.map((row) => ({ ...row, head: BigInt(row.head), cursor: BigInt(row.cursor) }));
}
