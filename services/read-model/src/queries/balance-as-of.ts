import type { Micros } from '@ledgerflow/contracts';
import type { Queryable } from '@ledgerflow/platform/postgres';
import { type Statement, run, statement } from '../statement.ts';
import type { BalanceRow, PastBalance, Seen } from '../types.ts';
import { toBalance, type BalanceColumns } from './account-rows.ts';
import { PLACE_COLUMNS, type PlaceColumns, toPlace } from './seen.ts';

export interface PastBalanceQuestion {
  ledger: string;
  account: string;
  /** The position that is asked for, or the time that stands for one, or null: the checkpoint's. */
  place: { position: bigint } | { recordedAt: Micros } | null;
  /** Null: the balance on the recorded axis. */
  effectiveAt: Micros | null;
}

/** The account's last event up to a position. */
const probe = (position: string): string => `lateral (
  select s.posted_after, s.held_after, s.version from read.account_statement s
  where s.ledger = a.ledger and s.account = a.account and s.position <= ${position} order by s.position desc, s.event_index desc limit 1)`;

/** Ledger, account and the position that the question stands for: null for a time after the checkpoint's, or before the first in log_times. */
const PLACES = `from unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[]) with ordinality
    as k(ledger, account, position, recorded_at, effective_at, question)
  join lateral (select * from read.checkpoints where id = k.ledger limit 1) c on true
  left join lateral (select * from read.account_summary s where s.ledger = c.ledger and s.id = k.account limit 1) a on true
  left join lateral (select case when k.recorded_at is null then coalesce(k.position, c.position) when k.recorded_at <= c.recorded_at then (
    select l.position + width_bucket(k.recorded_at, l.times) - 1 from read.log_times l
    where l.ledger = c.ledger and l.recorded_at <= k.recorded_at order by l.recorded_at desc limit 1) end as position offset 0) p on true
  left join ${probe('p.position')} known on true`;

const HEAD = `select k.question, ${PLACE_COLUMNS}, p.position as as_of_position, known.version is not null as found, a.id, a.currency, a.scale,
  known.held_after as held, known.version`;

const RECORDED = statement(`${HEAD}, known.posted_after as posted ${PLACES}`);

// offset 0 has a probe made once, whoever uses what it finds; the order and the limit at the end hold the planner to the primary key.
// b: the last transaction recorded by the effective time. m: the last correction up to both, n: up to the position. What was recorded by both, less the corrections
// in it, and those of all n corrections that take effect by then: in whole blocks, largest first, and the last few one by one.
const EFFECTIVE =
  statement(`${HEAD}, coalesce(e.posted_after, 0) - coalesce(m.sum_after, 0) + blocks.amount + rest.amount as posted ${PLACES}
  left join lateral (select coalesce((
    select t.position from read.transactions t where t.ledger = a.ledger and t.recorded_at <= k.effective_at order by t.recorded_at desc limit 1), 0) as position offset 0) b on true
  left join ${probe('least(p.position, b.position)')} e on true
  left join lateral (select o.sum_after from read.corrections o where o.ledger = a.ledger and o.account = a.account
    and o.position <= least(p.position, b.position) order by o.position desc, o.event_index desc limit 1) m on true
  left join lateral (select coalesce((select o.ordinal from read.corrections o where o.ledger = a.ledger and o.account = a.account
    and o.position <= p.position order by o.position desc, o.event_index desc limit 1), 0) as ordinal offset 0) n on true
  left join lateral (select coalesce(sum(r.sum_after), 0) as amount
    from generate_series(0, 8) as level,
      generate_series(case when level < 8 then n.ordinal >> (4 + 2 * level + 2) << 2 else 0 end, (n.ordinal >> (4 + 2 * level)) - 1) as block,
      lateral (select o.sum_after from read.correction_blocks o where o.ledger = a.ledger and o.account = a.account and o.level = level.level and o.block = block.block
        and o.effective_at <= k.effective_at order by o.effective_at desc, o.ordinal desc limit 1) r
    where n.ordinal >= 16) blocks on true
  left join lateral (select coalesce(sum(o.amount), 0) as amount from (
    select r.amount, r.effective_at from read.corrections r where r.ledger = a.ledger and r.account = a.account
      and r.ordinal > n.ordinal >> 4 << 4 and r.ordinal <= n.ordinal order by r.ordinal limit 15) o
    where o.effective_at <= k.effective_at) rest on true`);

type Row = PlaceColumns & BalanceColumns & { question: string; as_of_position: string | null; found: boolean };
type Answer = Seen<PastBalance> | null;

function toAnswer(row: Row): Answer {
  const position = row.as_of_position === null ? null : BigInt(row.as_of_position);
  return { checkpoint: toPlace(row), value: { position, balance: row.found ? toBalance(row) : null } };
}

const textOf = (value: bigint | null | undefined): string | null => value?.toString() ?? null;

async function ask(db: Queryable, sql: Statement, questions: readonly PastBalanceQuestion[]): Promise<Answer[]> {
  const answers: Answer[] = questions.map(() => null);
  const { rows } = await run<Row>(db, sql, [
    questions.map(({ ledger }) => ledger),
    questions.map(({ account }) => account),
    questions.map(({ place }) => (place !== null && 'position' in place ? textOf(place.position) : null)),
    questions.map(({ place }) => (place !== null && 'recordedAt' in place ? textOf(place.recordedAt) : null)),
    questions.map(({ effectiveAt }) => textOf(effectiveAt)),
  ]);
  for (const row of rows) answers[Number(row.question) - 1] = toAnswer(row);
  return answers;
}

/**
 * Balances of accounts after a position, or as recorded by a time; with `effectiveAt` what was known there about the balance effective then. Many questions in one statement, all
 * of them with `effectiveAt` or all without. The answer is null when the ledger is not known, its position null when the time is not one that the read side can resolve, and
 * its balance null when the account was not opened by then. A position after the checkpoint answers as the checkpoint's: the caller sees by the checkpoint, and waits.
 *
 * Recorded axis: a probe of log_times for the position, one of account_statement's primary key for the balance. Effective axis: also a probe of transactions (ledger, recorded_at), and
 * the corrections by account_statement's corrections and their blocks: some ten probes at 10,000 corrections, thirteen at 100,000. `held` and `version` have no effective axis: they
 * are those known at the position, the same as without `effectiveAt`, so a version always names the state of the account that the answer was made from.
 */
export async function getBalancesAsOf(db: Queryable, questions: readonly PastBalanceQuestion[]): Promise<Answer[]> {
  return ask(db, (questions[0]?.effectiveAt ?? null) === null ? RECORDED : EFFECTIVE, questions);
}

/** One balance at a known position; value null when the account was not opened by that position. The caller has waited until the position is applied. */
export async function getBalanceAsOf(
  db: Queryable,
  ledger: string,
  account: string,
  at: { position: bigint; effectiveAt?: Micros | null },
): Promise<Seen<BalanceRow | null> | null> {
  const [answer = null] = await getBalancesAsOf(db, [{ ledger, account, place: at, effectiveAt: at.effectiveAt ?? null }]);
  return answer === null ? null : { checkpoint: answer.checkpoint, value: answer.value.balance };
}
