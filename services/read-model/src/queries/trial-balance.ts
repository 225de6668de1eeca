import type { Queryable } from '@ledgerflow/platform/postgres';
import type { Seen, TrialBalance, TrialBalanceRow } from '../types.ts';
import { live, type ProjectionName } from './live.ts';
import { CHECKPOINT_COLUMNS, seen } from './seen.ts';

const NOW: readonly ProjectionName[] = ['ledgers', 'trial_balance'];
const AS_OF: readonly ProjectionName[] = ['ledgers', 'account_statement', 'account_summary'];

interface Row {
  currency: string;
  scale: number;
  debits: string;
  credits: string;
}

function toTrialBalance(rows: Row[], position: bigint): TrialBalance {
  const totals = rows.map((row): TrialBalanceRow => ({
    currency: row.currency,
    scale: row.scale,
    debits: BigInt(row.debits),
    credits: BigInt(row.credits),
  }));
  return { position, balanced: totals.every((row) => row.debits === row.credits), totals };
}

/** The trial balance at the checkpoint. Index: trial_balance and currencies by primary key. */
export async function trialBalance(db: Queryable, ledger: string): Promise<Seen<TrialBalance> | null> {
  const sql = `select ${CHECKPOINT_COLUMNS}, k.code is not null as found, k.code as currency, k.scale, coalesce(b.debits, 0) as debits, coalesce(b.credits, 0) as credits
    from ${live('$1', NOW)} left join read.currencies k on k.generation = c.ledgers
    left join read.trial_balance b on b.generation = c.trial_balance and b.currency = k.code order by k.code`;
  const result = await seen<Row>(db, sql, [ledger]);
  return result && { checkpoint: result.checkpoint, projections: NOW, value: toTrialBalance(result.rows, result.checkpoint.position) };
}

/**
 * The trial balance after a position: one probe of account_statement's primary key for each account of the ledger, so it costs as much as the ledger has accounts
 * (bounded by the session's statement_timeout). The caller has waited until the position is applied, and sees by parkedSince whether anything before it is parked.
 */
export async function trialBalanceAsOf(db: Queryable, ledger: string, position: bigint): Promise<Seen<TrialBalance> | null> {
  const sql = `select ${CHECKPOINT_COLUMNS}, k.code is not null as found, k.code as currency, k.scale, coalesce(b.debits, 0) as debits, coalesce(b.credits, 0) as credits
    from ${live('$1', AS_OF, 'any')} left join read.currencies k on k.generation = c.ledgers and k.position <= $2
    left join lateral (
      select sum(case when e.posted_after < 0 then -e.posted_after else 0 end) as debits, sum(case when e.posted_after > 0 then e.posted_after else 0 end) as credits
      from read.account_summary a join lateral (
        select s.posted_after from read.account_statement s where s.generation = c.account_statement and s.account = a.account and s.position <= $2
        order by s.position desc, s.event_index desc limit 1) e on true
      where a.generation = c.account_summary and a.currency = k.code) b on true
    order by k.code`;
  const result = await seen<Row>(db, sql, [ledger, position.toString()]);
  return result && { checkpoint: result.checkpoint, projections: AS_OF, value: toTrialBalance(result.rows, position) };
}
