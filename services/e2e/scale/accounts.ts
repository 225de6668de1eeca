import { Random } from '../driver/index.ts';
import { cpuOfAll, memoryOf } from './costs.ts';
import { type Ground, LEDGER, READ } from './ground.ts';
import { type Page, pageAt, pageTimes, walk } from './pages.ts';
import { prove } from './proof.ts';
import { accountId, BIG_LEDGER, familyName, firstName, writeAccounts, writeStatement } from './writing.ts';

const PAGE = 100;
const SEARCH_PAGE = 20;
/** Entries of the statement whose pages are read, at most. */
const TRANSFERS_MAX = 20_000;
/** A search or a page at so many different places. */
const PLACES = 50;

async function bytesOf({ log }: Ground, database: string): Promise<number> {
  const { rows } = await log.query<{ bytes: string }>('select pg_database_size($1)::text as bytes', [database]);
  return Number(rows[0]?.bytes);
}

function checkFirst(wanted: string): (page: Page, path: string) => void {
  return ({ data }, path) => {
    if (data[0]?.['id'] !== wanted) throw new Error(`${path} found ${String(data[0]?.['id'])} first, not ${wanted}`);
  };
}

async function lists(ground: Ground, accounts: number): Promise<void> {
  const { figures, isFullAccounts } = ground;
  const path = `/ledgers/${BIG_LEDGER}/accounts`;
  const { rows, distinct, cursors } = await walk(ground, path, ({ id }) => String(id), accounts);
  figures.exact('accounts: listed', rows, accounts, 'accounts', 'G5: each once');
  figures.exact('accounts: listed, different', distinct, accounts, 'accounts', 'G5: each once');
  for (const [name, cursor] of [
    ['accounts: first page of 100', cursors[0]],
    ['accounts: middle page of 100', cursors[cursors.length >> 1]],
    ['accounts: last page of 100', cursors.at(-1)],
  ] as const)
    await pageTimes(ground, name, [pageAt(path, PAGE, cursor ?? null)], isFullAccounts);
}

async function searches(ground: Ground, accounts: number): Promise<void> {
  const { options, isFullAccounts } = ground;
  const random = new Random(options.seed, 1);
  const places = Array.from({ length: PLACES }, () => random.below(accounts));
  const of = (words: string): string => pageAt(`/ledgers/${BIG_LEDGER}/account-search?q=${encodeURIComponent(words)}`, SEARCH_PAGE, null);
  const finds = ({ data }: Page, path: string): void => {
    if (data.length === 0) throw new Error(`${path} found nothing`);
  };
  await pageTimes(
    ground,
    'accounts: search by a name that many have',
    places.map((n) => of(firstName(n))),
    isFullAccounts,
    finds,
  );
  await pageTimes(
    ground,
    'accounts: search by two names',
    places.map((n) => of(`${firstName(n)} ${familyName(n)}`)),
    isFullAccounts,
    finds,
  );
  const ids = new Map(places.map((n) => [of(accountId(n)), accountId(n)]));
  await pageTimes(ground, 'accounts: search by an id', [...ids.keys()], isFullAccounts, (page, path) =>
    checkFirst(ids.get(path) as string)(page, path),
  );
}

async function statement(ground: Ground, transfers: number): Promise<void> {
  const { figures, isFullAccounts } = ground;
  const path = `/ledgers/${BIG_LEDGER}/accounts/${accountId(0)}/entries`;
  const keyOf = (row: Record<string, unknown>): string => `${String(row['position'])} ${String(row['index'])}`;
  // And what the account was opened with.
  const { rows, distinct, cursors } = await walk(ground, path, keyOf, transfers + 1);
  figures.exact('accounts: entries of the statement', rows, transfers + 1, 'entries', 'G5: each once');
  figures.exact('accounts: entries of the statement, different', distinct, transfers + 1, 'entries', 'G5: each once');
  await pageTimes(
    ground,
    'accounts: statement page',
    cursors.map((cursor) => pageAt(path, PAGE, cursor)),
    isFullAccounts,
  );
}

/** One ledger with very many accounts. */
export async function accountsPart(ground: Ground): Promise<void> {
  const { figures, options, isFullAccounts } = ground;
  const { accounts } = options;
  const [logBytes, readBytes] = [await bytesOf(ground, LEDGER), await bytesOf(ground, READ)];
  const cpuMs = cpuOfAll(ground);
  const seconds = await writeAccounts(ground, accounts);
  figures.measured('accounts opened', accounts / seconds, isFullAccounts);
  figures.measured('accounts: read model has all after the last write', await ground.applied(BIG_LEDGER), isFullAccounts);
  figures.measured('accounts opened: CPU of all processes', (cpuOfAll(ground) - cpuMs) / accounts, isFullAccounts);
  figures.measured('accounts: disk of the log', ((await bytesOf(ground, LEDGER)) - logBytes) / accounts, isFullAccounts);
  figures.measured('accounts: disk of the read model', ((await bytesOf(ground, READ)) - readBytes) / accounts, isFullAccounts);
  memoryOf(ground, 'accounts', isFullAccounts);
  const transfers = Math.min(TRANSFERS_MAX, accounts);
  await writeStatement(ground, accounts, transfers);
  await ground.applied(BIG_LEDGER);
  await lists(ground, accounts);
  await searches(ground, accounts);
  await statement(ground, transfers);
  await prove(ground, 'accounts', BIG_LEDGER, 1 + accounts + transfers);
}
