import type { Micros } from '@ledgerflow/contracts';
import type { Queryable } from '@ledgerflow/platform/postgres';
import type { BalanceRow, Seen } from '../types.ts';
import { toBalance, type BalanceColumns } from './account-rows.ts';
import { CHECKPOINT_COLUMNS, seen } from './seen.ts';

/** The account's last event up to a position. */
const probe = (position: string): string => `lateral (
  select s.posted_after, s.held_after, s.version from read.account_statement s
  where s.ledger = a.ledger and s.account = a.account and s.position <= ${position} order by s.position desc, s.event_index desc limit 1)`;

const RECORDED = `select ${CHECKPOINT_COLUMNS}, e.version is not null as found, a.id, a.currency, a.scale, e.posted_after as posted, e.held_after as held, e.version
  from read.checkpoints c left join read.account_summary a on a.ledger = c.ledger and a.id = $2 left join ${probe('$3')} e on true where c.id = $1`;

// `late`: recorded by $4 but effective after it (at most the five minutes that effective_at may lead). `early`: effective by $4 but recorded after it.
const EFFECTIVE = `select ${CHECKPOINT_COLUMNS}, known.version is not null as found, a.id, a.currency, a.scale,
    coalesce(e.posted_after, 0) - late.amount + early.amount as posted, known.held_after as held, known.version
  from read.checkpoints c
  left join read.account_summary a on a.ledger = c.ledger and a.id = $2
  left join lateral (select max(t.position) as position from (
    select t.position from read.transactions t where t.ledger = a.ledger and t.recorded_at <= $4 order by t.recorded_at desc limit 1) t) b on true
  left join ${probe('$3')} known on true
  left join ${probe('least($3::bigint, coalesce(b.position, 0))')} e on true
  left join lateral (select coalesce(sum(s.amount), 0) as amount from read.account_statement s
    where s.ledger = a.ledger and s.account = a.account and s.effective_at <> s.recorded_at and s.amount is not null
      and s.effective_at > $4 and s.recorded_at <= $4 and s.position <= $3) late on true
  left join lateral (select coalesce(sum(s.amount), 0) as amount from read.account_statement s
    where s.ledger = a.ledger and s.account = a.account and s.effective_at <> s.recorded_at and s.amount is not null
      and s.effective_at <= $4 and s.recorded_at > $4 and s.position <= $3) early on true
  where c.id = $1`;

/**
 * An account's balance after a position; with `effectiveAt` what was known at that position about the balance effective then. Value null when the account was not
 * opened by that position. The caller has waited until the position is applied.
 *
 * Recorded axis: one probe of account_statement's primary key. Effective axis: a probe at the last position recorded by then (transactions (ledger, recorded_at)),
 * corrected by the entries whose effective_at is not their recorded_at (account_statement_effective, index only). `held` and `version` have no effective axis: they are those
 * known at the position, the same as without `effectiveAt`, so a version always names the state of the account that the answer was made from.
 */
export async function getBalanceAsOf(
  db: Queryable,
  ledger: string,
  account: string,
  at: { position: bigint; effectiveAt?: Micros | null },
): Promise<Seen<BalanceRow | null> | null> {
  const parameters = [ledger, account, at.position.toString()];
  const effectiveAt = at.effectiveAt ?? null;
  const result = await (effectiveAt === null
    ? seen<BalanceColumns>(db, RECORDED, parameters)
    : seen<BalanceColumns>(db, EFFECTIVE, [...parameters, effectiveAt.toString()]));
  if (result === null) return null;
  const row = result.rows[0];
  return { checkpoint: result.checkpoint, value: row === undefined ? null : toBalance(row) };
}
