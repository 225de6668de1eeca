import type { Queryable } from '@ledgerflow/platform/postgres';
import { run, statement } from '../statement.ts';
import type { BalanceRow, Seen } from '../types.ts';
import { BALANCE_COLUMNS, toBalance, type BalanceColumns } from './account-rows.ts';
import { live, type ProjectionName } from './live.ts';
import { PLACE_COLUMNS, type PlaceColumns, toPlace } from './seen.ts';

export interface BalanceQuestion {
  ledger: string;
  account: string;
}

const PROJECTIONS: readonly ProjectionName[] = ['account_summary'];

// The limits keep the planner to a probe of an index a question, whatever it believes of the tables.
const SQL = statement(`select k.question, ${PLACE_COLUMNS}, a.id is not null as found, ${BALANCE_COLUMNS}
  from unnest($1::text[], $2::text[]) with ordinality as k(ledger, account, question)
  join lateral ${live('k.ledger', PROJECTIONS, { account: 'k.account' })} on true
  left join lateral (select * from read.account_summary s where s.generation = c.account_summary and s.id = k.account limit 1) a on true`);

type Row = PlaceColumns & BalanceColumns & { question: string; found: boolean };

/**
 * Balances at the checkpoint, many questions in one statement and so in one snapshot; an answer's value is null when the ledger has no such account, the answer null
 * when the ledger is not known. Indexes: checkpoints (id), account_summary (ledger, id).
 */
export async function getBalances(db: Queryable, questions: readonly BalanceQuestion[]): Promise<(Seen<BalanceRow | null> | null)[]> {
  const answers: (Seen<BalanceRow | null> | null)[] = questions.map(() => null);
  const { rows } = await run<Row>(db, SQL, [questions.map(({ ledger }) => ledger), questions.map(({ account }) => account)]);
  for (const row of rows)
    answers[Number(row.question) - 1] = { checkpoint: toPlace(row), projections: PROJECTIONS, value: row.found ? toBalance(row) : null };
  return answers;
}

export async function getBalance(db: Queryable, ledger: string, account: string): Promise<Seen<BalanceRow | null> | null> {
  const [answer] = await getBalances(db, [{ ledger, account }]);
  return answer ?? null;
}
