import { select } from './sql.ts';
import type { Sql } from './sql.ts';

/** The right to publish one slot. Whoever takes the slot next raises the epoch. */
export interface Lease {
  slot: number;
  epoch: bigint;
  /** On this process's monotonic clock; counted from before the renewal was sent, so never later than the database thinks. */
  validUntilMs: number;
}

export interface SlotRow {
  slot: number;
  holder: string | null;
  isLive: boolean;
}

export interface Share {
  /** How many free slots to take. */
  take: number;
  /** Slots of ours that are too many. */
  release: number[];
  /** A slot to take from its live holder. */
  steal: { slot: number; holder: string } | null;
}

/**
 * Each live relay aims for ceil(slots / live relays). Relays see each other by the slots they hold; one that has none and finds none free takes a single slot away
 * from the one that has most. That is safe (the epoch fences the loser) and makes it visible: the others then give up what they have too many.
 */
export function fairShare(rows: readonly SlotRow[], me: string): Share {
  const held = new Map<string, number[]>([[me, []]]);
  let free = 0;
  for (const { slot, holder, isLive } of rows) {
    if (holder === null || !isLive) free++;
    else held.set(holder, [...(held.get(holder) ?? []), slot]);
  }
  const mine = held.get(me) ?? [];
  const target = Math.ceil(rows.length / held.size);
  if (mine.length > target) return { take: 0, release: mine.slice(target), steal: null };
  if (mine.length > 0 || free > 0) return { take: Math.min(free, target - mine.length), release: [], steal: null };
  let steal: Share['steal'] = null;
  let most = 1;
  for (const [holder, slots] of held) {
    if (slots.length <= most) continue;
    most = slots.length;
    steal = { slot: slots[slots.length - 1] as number, holder };
  }
  return { take: 0, release: [], steal };
}

/**
 * A lease that ends later than so many of our own ttl from now was given by a clock that has been set back since: nobody may have to wait for its end (an hour, when
 * the clock was an hour fast and the holder died). Others may have another ttl during a roll-out, hence several. Taking it is safe whoever holds it: the epoch fences him.
 */
const TTLS_LIVE_MAX = 6;
const IS_LIVE = `expires_at > clock_timestamp() and expires_at <= clock_timestamp() + ${TTLS_LIVE_MAX} * $2 * interval '1 millisecond'`;

// By primary key, 32 rows or so. A slot that was taken away has another epoch: it is not among the returned.
const RENEW = `
  update ledger.relay_slots s set expires_at = clock_timestamp() + $2 * interval '1 millisecond'
    from unnest($3::int[], $4::bigint[]) as mine(slot, epoch)
   where s.slot = mine.slot and s.epoch = mine.epoch and s.holder = $1
  returning s.slot`;
const READ = `select slot, holder, coalesce(${IS_LIVE}, false) as "isLive" from ledger.relay_slots where slot < $1 order by slot`;
const CREATE = `insert into ledger.relay_slots (slot) select generate_series(0, $1::int - 1) on conflict do nothing`;
// Locks the rows it takes; two takers share what is free.
const TAKE = `
  update ledger.relay_slots set holder = $1, epoch = epoch + 1, breaker = 'closed', expires_at = clock_timestamp() + $2 * interval '1 millisecond'
   where slot in (select slot from ledger.relay_slots
                   where slot < $3 and (holder is null or not coalesce(${IS_LIVE}, false))
                   order by slot limit $4 for update skip locked)
  returning slot, epoch`;
const STEAL = `
  update ledger.relay_slots set holder = $1, epoch = epoch + 1, breaker = 'closed', expires_at = clock_timestamp() + $2 * interval '1 millisecond'
   where slot = $3 and holder = $4
  returning slot, epoch`;
const RELEASE = `
  update ledger.relay_slots s set holder = null, expires_at = null
    from unnest($2::int[], $3::bigint[]) as mine(slot, epoch)
   where s.slot = mine.slot and s.epoch = mine.epoch and s.holder = $1`;

export interface LeaseOptions {
  sql: Sql;
  /** Unique per process start: a relay that comes back must not take its former self's leases for its own. */
  holder: string;
  slots: number;
  ttlMs: number;
  /** Monotonic milliseconds. */
  now: () => number;
}

export interface LeaseChanges {
  gained: Lease[];
  /** Taken away by somebody: stop at once. */
  lost: Lease[];
  /** To give up: finish the batch, then call release. */
  surplus: Lease[];
}

/** The slots that this relay holds, as far as it knows. Ticks must not overlap. */
export class SlotLeases {
  private readonly options: LeaseOptions;
  private readonly held = new Map<number, Lease>();

  constructor(options: LeaseOptions) {
    this.options = options;
  }

  async prepare(): Promise<void> {
    const { sql, slots, ttlMs } = this.options;
    const rows = await select<SlotRow>(sql, READ, [slots, ttlMs]);
    if (rows.length < slots) await sql.query(CREATE, [slots]);
  }

  /** Renews, then takes or gives up towards the fair share. */
  async tick(): Promise<LeaseChanges> {
    const { sql, holder, slots, ttlMs } = this.options;
    const lost = await this.renew();
    const share = fairShare(await select<SlotRow>(sql, READ, [slots, ttlMs]), holder);
    const gained: Lease[] = [];
    if (share.take > 0) gained.push(...(await this.acquire(TAKE, [slots, share.take])));
    if (share.steal !== null) gained.push(...(await this.acquire(STEAL, [share.steal.slot, share.steal.holder])));
    return { gained, lost, surplus: share.release.map((slot) => this.held.get(slot)).filter((lease) => lease !== undefined) };
  }

  /** Whether the lease still runs by our own clock. Safety rests on the epoch; this only saves repetitions. */
  isValid(lease: Lease): boolean {
    return this.held.get(lease.slot) === lease && lease.validUntilMs > this.options.now();
  }

  forget(lease: Lease): void {
    if (this.held.get(lease.slot) === lease) this.held.delete(lease.slot);
  }

  async release(leases: readonly Lease[]): Promise<void> {
    for (const lease of leases) this.forget(lease);
    if (leases.length === 0) return;
    await this.options.sql.query(RELEASE, [this.options.holder, leases.map((l) => l.slot), leases.map((l) => l.epoch.toString())]);
  }

  private async renew(): Promise<Lease[]> {
    if (this.held.size === 0) return [];
    const { sql, holder, ttlMs, now } = this.options;
    const leases = [...this.held.values()];
    const sentAt = now();
    const rows = await select<{ slot: number }>(sql, RENEW, [
      holder,
      ttlMs,
      leases.map((l) => l.slot),
      leases.map((l) => l.epoch.toString()),
    ]);
    const renewed = new Set(rows.map((row) => row.slot));
    const lost = leases.filter((lease) => !renewed.has(lease.slot));
    for (const lease of leases) {
      if (renewed.has(lease.slot)) lease.validUntilMs = sentAt + ttlMs;
      else this.forget(lease);
    }
    return lost;
  }

  private async acquire(statement: string, values: unknown[]): Promise<Lease[]> {
    const { sql, holder, ttlMs, now } = this.options;
    const sentAt = now();
    const rows = await select<{ slot: number; epoch: string }>(sql, statement, [holder, ttlMs, ...values]);
    const leases = rows.map(({ slot, epoch }) => ({ slot, epoch: BigInt(epoch), validUntilMs: sentAt + ttlMs }));
    for (const lease of leases) this.held.set(lease.slot, lease);
    return leases;
  }
}
