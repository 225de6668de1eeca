import type { Micros } from '@ledgerflow/contracts';
import type { Queryable } from '@ledgerflow/platform/postgres';
import { BLOCK_ENTRY_BITS, BLOCK_LEVEL_BITS, BLOCK_LEVEL_MAX, blockBits } from '../projections/account-statement/corrections.ts';
import { run, type Statement, statement } from '../statement.ts';
import type { BalanceRow, PastBalance, Seen } from '../types.ts';
import { toBalance, type BalanceColumns } from './account-rows.ts';
import { type Aside, live, type ProjectionName } from './live.ts';
import { PLACE_COLUMNS, type PlaceColumns, toPlace } from './seen.ts';

export interface PastBalanceQuestion {
  ledger: string;
  account: string;
  /** The position that is asked for, or the time that stands for one, or null: the checkpoint's. */
  place: { position: bigint } | { recordedAt: Micros } | null;
  /** Null: the balance on the recorded axis. */
  effectiveAt: Micros | null;
}

const PROJECTIONS: readonly ProjectionName[] = ['account_statement', 'account_summary'];
/** Where times are looked up; log_times first. */
const TIMES: readonly ProjectionName[] = ['log_times', 'transactions'];
const WITH_TIMES: readonly ProjectionName[] = [...PROJECTIONS, ...TIMES];
const RECORDED_ASIDE: Aside = { projections: ['log_times'], time: null };
const EFFECTIVE_ASIDE: Aside = { projections: TIMES, time: 'k.effective_at' };

/** The account's last event up to a position. */
const probe = (position: string): string => `lateral (
  select s.posted_after, s.held_after, s.version from read.account_statement s
  where s.generation = c.account_statement and s.account = a.account and s.position <= ${position} order by s.position desc, s.event_index desc limit 1)`;

/** Position of the last record up to a time, as far back as log_times goes. */
const positionAt = (time: string): string => `(select l.position + width_bucket(${time}, l.times) - 1 from read.log_times l
    where l.generation = c.log_times and l.recorded_at <= ${time} order by l.recorded_at desc limit 1)`;

/** Ledger, account and the position that the question stands for: null for a time after the checkpoint's, or after or before those in log_times. */
const places = (aside: Aside): string => `from unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[]) with ordinality
    as k(ledger, account, position, recorded_at, effective_at, question)
  join lateral ${live('k.ledger', PROJECTIONS, { account: 'k.account' }, aside)} on true
  left join lateral (select * from read.account_summary s where s.generation = c.account_summary and s.id = k.account limit 1) a on true
  left join lateral (select case when k.recorded_at is null then coalesce(k.position, c.position)
    when k.recorded_at <= least(c.recorded_at, c.log_times_at) then ${positionAt('k.recorded_at')} end as position offset 0) p on true
  left join ${probe('p.position')} known on true`;

const HEAD = `select k.question, ${PLACE_COLUMNS}, c.needs_aside, p.position as as_of_position, known.version is not null as found, a.id, a.currency, a.scale,
  known.held_after as held, known.version`;

const RECORDED = statement(`${HEAD}, known.posted_after as posted ${places(RECORDED_ASIDE)}`);

// b: the last record up to the effective time; before log_times, and beyond it while it catches up, the last transaction, which no entry lies after either.
const EFFECTIVE_POSITION = `left join lateral (select coalesce(case when k.effective_at <= c.log_times_at or c.transactions_at <= c.log_times_at then ${positionAt('k.effective_at')} end, (
    select t.position from read.transactions t where t.generation = c.transactions and t.recorded_at <= k.effective_at order by t.recorded_at desc limit 1), 0) as position offset 0) b on true`;

/** m: the account's last correction up to a position. */
const correctionUpTo = (
  position: string,
): string => `lateral (select o.sum_after from read.corrections o where o.generation = c.account_statement and o.account = a.account
    and o.position <= ${position} order by o.position desc, o.event_index desc limit 1) m`;

// The geometry of the blocks as the statement counts it.
const BLOCK_ENTRIES = 2 ** BLOCK_ENTRY_BITS;
const CHILDREN = 2 ** BLOCK_LEVEL_BITS;
/** Of a level below the highest a prefix of the corrections has fewer blocks than make one of the next level. */
const BLOCKS_A_LEVEL = CHILDREN - 1;
const LOWER_BLOCKS = BLOCKS_A_LEVEL * BLOCK_LEVEL_MAX;
/** In the statement: the level of the i-th block, and which it is of the level's. */
const LEVEL = `i / ${BLOCKS_A_LEVEL}`;
const OF_LEVEL = `i % ${BLOCKS_A_LEVEL}`;
/** Corrections in a block of that level, and of the next, as powers of two. */
const BITS = `(${blockBits(0)} + ${BLOCK_LEVEL_BITS} * (${LEVEL}))`;
const PARENT_BITS = `(${blockBits(1)} + ${BLOCK_LEVEL_BITS} * (${LEVEL}))`;

// Of n corrections those that take effect by then: in whole blocks, at most CHILDREN - 1 of a level, and the last few one by one. The blocks are numbered by one series over all
// levels, because each series of its own costs as much as a probe: first those of the levels below the highest, then those of the highest, of which all are probed: one for each
// 16,384 corrections, at a million 61 of the 64 probes, and 0.8 to 1 ms in all (docs/decisions/0004).
const CORRECTED = `left join lateral (select coalesce(sum(r.sum_after), 0) as amount
    from generate_series(0, ${LOWER_BLOCKS - 1} + (n.ordinal >> ${blockBits(BLOCK_LEVEL_MAX)})::integer) as i,
      lateral (select o.sum_after from read.correction_blocks o where o.generation = c.account_statement and o.account = a.account and o.level = least(${LEVEL}, ${BLOCK_LEVEL_MAX})::smallint
        and o.block = case when i < ${LOWER_BLOCKS} then (n.ordinal >> ${PARENT_BITS} << ${BLOCK_LEVEL_BITS}) + ${OF_LEVEL} else i - ${LOWER_BLOCKS} end
        and o.effective_at <= k.effective_at order by o.effective_at desc, o.ordinal desc limit 1) r
    where n.ordinal >= ${BLOCK_ENTRIES} and (i >= ${LOWER_BLOCKS} or (n.ordinal >> ${BITS} & ${CHILDREN - 1}) > ${OF_LEVEL})) blocks on true
  left join lateral (select coalesce(sum(o.amount), 0) as amount from (
    select r.amount, r.effective_at from read.corrections r where r.generation = c.account_statement and r.account = a.account
      and r.ordinal > n.ordinal >> ${BLOCK_ENTRY_BITS} << ${BLOCK_ENTRY_BITS} and r.ordinal <= n.ordinal order by r.ordinal limit ${BLOCK_ENTRIES - 1}) o
    where o.effective_at <= k.effective_at) rest on true`;

const EFFECTIVE_AMOUNT = 'coalesce(e.posted_after, 0) - coalesce(m.sum_after, 0) + blocks.amount + rest.amount as posted';

// offset 0 has a probe made once, whoever uses what it finds; the order and the limit at the end hold the planner to the primary key.
// What was recorded by both the position and the effective time, less the corrections in it, and those of all corrections up to the position that take effect by then.
const EFFECTIVE = statement(`${HEAD}, ${EFFECTIVE_AMOUNT} ${places(EFFECTIVE_ASIDE)}
  ${EFFECTIVE_POSITION}
  left join ${probe('least(p.position, b.position)')} e on true
  left join ${correctionUpTo('least(p.position, b.position)')} on true
  left join lateral (select coalesce((select o.ordinal from read.corrections o where o.generation = c.account_statement and o.account = a.account
    and o.position <= p.position order by o.position desc, o.event_index desc limit 1), 0) as ordinal offset 0) n on true
  ${CORRECTED}`);

/** The same at the checkpoint, of which the account's row tells what is known: two probes fewer. Right only where all projections are at the checkpoint. */
const EFFECTIVE_NOW =
  statement(`select k.question, ${PLACE_COLUMNS}, c.needs_aside, c.position as as_of_position, a.id is not null as found, a.id, a.currency, a.scale, a.held, a.version,
    ${EFFECTIVE_AMOUNT}
  from unnest($1::text[], $2::text[], $3::bigint[]) with ordinality as k(ledger, account, effective_at, question)
  join lateral ${live('k.ledger', PROJECTIONS, { account: 'k.account' }, EFFECTIVE_ASIDE)} on true
  left join lateral (select * from read.account_summary s where s.generation = c.account_summary and s.id = k.account limit 1) a on true
  ${EFFECTIVE_POSITION}
  left join ${probe('b.position')} e on true
  left join ${correctionUpTo('b.position')} on true
  left join lateral (select coalesce((select o.ordinal from read.corrections o where o.generation = c.account_statement and o.account = a.account
    order by o.ordinal desc limit 1), 0) as ordinal offset 0) n on true
  ${CORRECTED}`);

type Row = PlaceColumns & BalanceColumns & { question: string; as_of_position: string | null; needs_aside: boolean; found: boolean };
type Answer = Seen<PastBalance> | null;

function toAnswer(row: Row): Answer {
  const position = row.as_of_position === null ? null : BigInt(row.as_of_position);
  return {
    checkpoint: toPlace(row),
    projections: row.needs_aside ? WITH_TIMES : PROJECTIONS,
    value: { position, balance: row.found ? toBalance(row) : null },
  };
}

const textOf = (value: bigint | null | undefined): string | null => value?.toString() ?? null;

async function ask(db: Queryable, statement: Statement, questions: readonly PastBalanceQuestion[]): Promise<Answer[]> {
  const answers: Answer[] = questions.map(() => null);
  const names = [questions.map(({ ledger }) => ledger), questions.map(({ account }) => account)];
  const effective = questions.map(({ effectiveAt }) => textOf(effectiveAt));
  const values =
    statement === EFFECTIVE_NOW
      ? [...names, effective]
      : [
          ...names,
          questions.map(({ place }) => (place !== null && 'position' in place ? textOf(place.position) : null)),
          questions.map(({ place }) => (place !== null && 'recordedAt' in place ? textOf(place.recordedAt) : null)),
          effective,
        ];
  const { rows } = await run<Row>(db, statement, values);
  for (const row of rows) answers[Number(row.question) - 1] = toAnswer(row);
  return answers;
}

/** Whether a projection is held or catches up: then the account's row is later than the position that the answer stands for. */
const isApart = (answer: Answer | undefined): boolean =>
  answer !== null && answer !== undefined && answer.checkpoint.position < answer.checkpoint.appliedPosition;

async function askNow(db: Queryable, questions: readonly PastBalanceQuestion[]): Promise<Answer[]> {
  const answers = await ask(db, EFFECTIVE_NOW, questions);
  const apart = questions.filter((_, i) => isApart(answers[i]));
  if (apart.length === 0) return answers;
  const again = await ask(db, EFFECTIVE, apart);
  return answers.map((answer) => (isApart(answer) ? (again.shift() as Answer) : answer));
}

/**
 * Balances of accounts after a position, or as recorded by a time; with `effectiveAt` what was known there about the balance effective then. Many questions in one statement, all
 * of them with `effectiveAt` or all without. The answer is null when the ledger is not known, its position null when the time is not one that the read side can resolve, and
 * its balance null when the account was not opened by then. A position after the checkpoint answers as the checkpoint's: the caller sees by the checkpoint, and waits.
 *
 * Recorded axis: a probe of log_times for the position, one of account_statement's primary key for the balance. Effective axis: also a probe of log_times (before
 * it of transactions), and the account's corrections and their blocks: some twelve probes at 10,000 corrections, twenty at 100,000, then one more for each 16,384. `held` and `version` have no effective axis: they
 * are those known at the position, the same as without `effectiveAt`, so a version always names the state of the account that the answer was made from.
 */
export async function getBalancesAsOf(db: Queryable, questions: readonly PastBalanceQuestion[]): Promise<Answer[]> {
  if (questions.every(({ effectiveAt }) => effectiveAt === null)) return ask(db, RECORDED, questions);
  return questions.every(({ place }) => place === null) ? askNow(db, questions) : ask(db, EFFECTIVE, questions);
}

/** One balance at a known position; value null when the account was not opened by that position. The caller has waited until the position is applied. */
export async function getBalanceAsOf(
  db: Queryable,
  ledger: string,
  account: string,
  at: { position: bigint; effectiveAt?: Micros | null },
): Promise<Seen<BalanceRow | null> | null> {
  const [answer = null] = await getBalancesAsOf(db, [{ ledger, account, place: at, effectiveAt: at.effectiveAt ?? null }]);
  return answer === null ? null : { checkpoint: answer.checkpoint, projections: answer.projections, value: answer.value.balance };
}
