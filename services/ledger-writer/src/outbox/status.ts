import { select } from './sql.ts';
import type { Sql } from './sql.ts';

export interface SlotStatus {
  slot: number;
  /** Last positions of the slot's ledgers, added up; and how many of these records are known to be in Kafka. */
  head: bigint;
  cursor: bigint;
  /** Records committed and not known to be in Kafka. */
  backlog: bigint;
  /** Age of the oldest of them: exact for slots of the relay that is asked, for others at least that of their ledgers' newest records. */
  oldestAgeSeconds: number;
  holder: string | null;
  /** Whether the holder's lease still runs. */
  isLive: boolean;
  epoch: bigint;
  breaker: string | null;
  lastError: string | null;
  lastErrorAt: string | null;
}

// heads by slot, cursors by primary key. Locks nothing.
const STATUS = `
  select s.slot, s.holder, s.epoch, coalesce(s.expires_at > clock_timestamp(), false) as "isLive", s.breaker, s.last_error as "lastError",
         s.last_error_at::text as "lastErrorAt", coalesce(b.head, 0)::text as head, coalesce(b.cursor, 0)::text as cursor, coalesce(b.age, 0)::float8 as age
    from ledger.relay_slots s
    left join (select h.slot, sum(h.position) as head, sum(coalesce(c.position, 0)) as cursor,
                      extract(epoch from clock_timestamp() - min(h.recorded_at) filter (where h.position > coalesce(c.position, 0))) as age
                 from ledger.heads h left join ledger.relay_cursors c using (ledger) group by h.slot) b on b.slot = s.slot
   where s.slot < $1 order by s.slot`;

interface Row extends Omit<SlotStatus, 'head' | 'cursor' | 'backlog' | 'epoch' | 'oldestAgeSeconds'> {
  head: string;
  cursor: string;
  epoch: string;
  age: number;
}

/** Every slot of the cluster as the database knows it. */
export async function readStatus(sql: Sql, slots: number): Promise<SlotStatus[]> {
  const rows = await select<Row>(sql, STATUS, [slots]);
  return rows.map(({ age, head, cursor, epoch, ...row }) => ({
    ...row,
    head: BigInt(head),
    cursor: BigInt(cursor),
    backlog: BigInt(head) - BigInt(cursor),
    epoch: BigInt(epoch),
    oldestAgeSeconds: Math.max(0, age),
  }));
}
