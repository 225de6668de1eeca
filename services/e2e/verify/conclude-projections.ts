import { addDigest, digestToHex, subtractDigest } from '@ledgerflow/contracts';
import type { Queryable } from '@ledgerflow/platform/postgres';
import { PROJECTIONS, rowDigest } from '@ledgerflow/read-model/projections';
import type { Balance } from './account-pass.ts';
import { concludeActivity } from './conclude-activity.ts';
import { concludeWords } from './conclude-search.ts';
import { Comparison, list, type Conclusion } from './comparison.ts';
import type { Snapshot } from './connections.ts';
import { lackedBy } from './divergences.ts';
import type { Checkpoint } from './ledgers.ts';
import { isKnown, type Live, type ProjectionName } from './live.ts';
import type { LogResult } from './log-result.ts';
import type { ReadSide } from './read-side.ts';

function balanceList(balances: ReadonlyMap<string, Balance | Record<keyof Balance, string>>, codes: readonly string[]): string {
  return [...codes]
    .sort()
    .map((code) => `${code} debits ${balances.get(code)?.debits ?? 0n} credits ${balances.get(code)?.credits ?? 0n}`)
    .join(', ');
}

const sum = (digests: readonly bigint[]): bigint => digests.reduce(addDigest, 0n);

interface Tally {
  rows: number;
  digest: bigint;
}

type Currency = LogResult['currencies'][number];

/** The read model's side of a conclusion. */
interface Reading {
  side: ReadSide;
  read: Snapshot;
  /** What the log has of the ledger's currencies up to where the projection is, without those that somebody discarded. */
  currenciesOf: (name: ProjectionName) => Currency[];
  hasOpened: boolean;
}

/** Rows and digest of every projection as they follow from the log up to where it is. */
function expectedTallies(of: Conclusion, { side, currenciesOf, hasOpened }: Reading): [ProjectionName, Tally][] {
  const { head, log, accounts } = of;
  const { places } = side.facts;
  const codes = currenciesOf('ledgers');
  const opened = hasOpened ? [rowDigest(['ledger', head.id, head.uuid])] : [];
  const tallies: [ProjectionName, Tally][] = [
    [
      'ledgers',
      {
        rows: opened.length + codes.length,
        digest: sum([...opened, ...codes.map(({ code, scale }) => rowDigest(['currency', code, scale]))]),
      },
    ],
  ];
  const transactions = log.ends.get(places.transactions.position);
  if (transactions !== undefined) tallies.push(['transactions', { rows: transactions.transactions, digest: transactions.entryDigest }]);
  if (!accounts.isComplete) return tallies;
  const { statementLacks: lacks } = accounts;
  const statement = log.ends.get(places.account_statement.position);
  if (statement !== undefined)
    tallies.push([
      'account_statement',
      { rows: statement.accountEvents - lacks.rows, digest: subtractDigest(statement.entryDigest, lacks.digest) },
    ]);
  const balance = (code: string): Balance => accounts.trialBalances.get(code) ?? { debits: 0n, credits: 0n };
  const totals = currenciesOf('trial_balance').map(({ code }) =>
    rowDigest([code, balance(code).debits.toString(), balance(code).credits.toString()]),
  );
  tallies.push(['trial_balance', { rows: totals.length, digest: sum(totals) }]);
  tallies.push(['account_summary', { rows: accounts.summaryAccounts, digest: accounts.summaryDigest }]);
  return tallies;
}

function concludeTally(of: Conclusion, live: Live, { rows, digest }: Tally): void {
  new Comparison(of, live.position, `read.projections of ${live.projection}`).same(
    'projection digests',
    'rows and digest',
    `${live.rows} rows, ${live.digest}`,
    `${rows} rows, ${digestToHex(digest)}`,
  );
}

/** The log does not know where the times of a ledger should begin that is older than the table; the projection's row knows how many runs were written since. */
function concludeLogTimes(of: Conclusion, live: Live): void {
  const { logTimes } = of.log;
  if (logTimes === null) return;
  const { rows, digest, begins } = logTimes;
  const isTallied = live.rows === String(rows) && live.digest === digestToHex(digest);
  if (isTallied || begins === 1) return concludeTally(of, live, logTimes);
  const [from, before] = begins === null ? ['none', live.position] : [`those from position ${begins} on, in ${rows} runs`, begins - 1];
  of.findings.add(
    'read log times',
    before,
    null,
    `of the read model's times of the log there are ${from}; read.projections of log_times says ${live.rows} runs, and other ones`,
  );
}

/** Where a projection is, and of what time. A row from before each projection had its own time has none until it goes on. */
function concludePlace(of: Conclusion, live: Live, checkpoint: Checkpoint): void {
  of.counts['read projections'] = (of.counts['read projections'] ?? 0) + 1;
  const end = of.log.ends.get(live.position);
  if (end === undefined || live.position === 0 || (live.recordedAt === 0 && live.position < checkpoint.position)) return;
  new Comparison(of, live.position, `read.projections of ${live.projection}`).same(
    'read projections',
    'recorded_at',
    live.recordedAt,
    end.recordedAt,
  );
}

/** Projections whose rows were compared one by one: their digests are made of the rows, not of the log once more. */
const BY_ROWS: readonly string[] = ['daily_balances', 'ledger_activity', 'account_search'] satisfies ProjectionName[];

/** The digest of a projection's rows beside the one that was kept batch by batch. Of one that is not known here there is no other proof. `names`: the generation that tells the ids of accounts. */
async function concludeRecomputed(of: Conclusion, live: Live, names: number, read: Snapshot): Promise<void> {
  const projection = PROJECTIONS.find(({ name }) => name === live.projection);
  if (projection === undefined || (isKnown(live.projection) && !BY_ROWS.includes(live.projection))) return;
  const db = { query: async (sql: string, values: unknown[]) => ({ rows: await read.client.query(sql, values) }) } as unknown as Queryable;
  const tally = await projection.recompute(db, live.generation, names);
  new Comparison(of, live.position, `read.projections of ${live.projection}`).same(
    'projection digests',
    'rows and digest',
    `${live.rows} rows, ${live.digest}`,
    `${tally.rows} rows, ${digestToHex(tally.digest)}`,
  );
}

async function concludeLedgers(of: Conclusion, { side, read, currenciesOf, hasOpened }: Reading): Promise<void> {
  const { head, log } = of;
  const { generation, position } = side.facts.places.ledgers;
  const currencies = await read.client.query<{ code: string; scale: number; position: string }>(
    'select code, scale, position from read.currencies where generation = $1',
    [generation],
  );
  new Comparison(of, position, 'read.currencies').same(
    'read ledgers',
    'currencies',
    list(currencies.map((row) => ({ ...row, position: Number(row.position) }))),
    list(currenciesOf('ledgers')),
  );
  const rows = await read.client.query<{ id: string; uuid: string; opened_at: string }>(
    'select id, uuid, opened_at from read.ledgers where generation = $1',
    [generation],
  );
  new Comparison(of, position, 'read.ledgers').same(
    'read ledgers',
    'ledger',
    rows.map((row) => `${row.id} ${row.uuid} ${row.opened_at}`).join(', '),
    hasOpened ? `${head.id} ${head.uuid} ${log.openedAt}` : '',
  );
}

async function concludeTrialBalance(of: Conclusion, { side, read, currenciesOf }: Reading): Promise<void> {
  const { generation, position } = side.facts.places.trial_balance;
  const totals = await read.client.query<{ currency: string; debits: string; credits: string }>(
    'select currency, debits, credits from read.trial_balance where generation = $1',
    [generation],
  );
  // As they stand there: they may be no whole numbers.
  const found = new Map(totals.map(({ currency, debits, credits }) => [currency, { debits, credits }]));
  new Comparison(of, position, "the read model's trial balance").same(
    'trial balance',
    'the totals',
    balanceList(found, [...found.keys()]),
    balanceList(
      of.accounts.trialBalances,
      currenciesOf('trial_balance').map(({ code }) => code),
    ),
  );
}

/** The projections of a ledger, each where it is: the small ones row by row, all by their tallies. */
export async function concludeProjections(of: Conclusion, side: ReadSide, checkpoint: Checkpoint, read: Snapshot): Promise<void> {
  const { log, accounts } = of;
  const { places, divergences } = side.facts;
  const isThere = (name: ProjectionName, position: number): boolean =>
    position <= places[name].position && !lackedBy(divergences, name, places[name].wholeTo).has(position);
  const reading: Reading = {
    side,
    read,
    currenciesOf: (name) => log.currencies.filter((currency) => isThere(name, currency.position)),
    hasOpened: isThere('ledgers', 1),
  };
  await concludeLedgers(of, reading);
  if (accounts.isComplete) await concludeTrialBalance(of, reading);
  const liveOf = (name: ProjectionName): Live | undefined => side.live.find(({ projection }) => projection === name);
  for (const live of side.live) concludePlace(of, live, checkpoint);
  for (const [name, tally] of expectedTallies(of, reading)) {
    const live = liveOf(name);
    if (live !== undefined) concludeTally(of, live, tally);
  }
  await concludeActivity(of, places.ledger_activity, read);
  if (accounts.isComplete) await concludeWords(of, places.account_search, read);
  const names = places.account_summary.generation;
  for (const live of side.live) await concludeRecomputed(of, live, names, read);
  const logTimes = liveOf('log_times');
  if (logTimes !== undefined) concludeLogTimes(of, logTimes);
}
