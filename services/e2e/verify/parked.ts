import type { Snapshot } from './connections.ts';
import type { Finding } from './differences.ts';
import type { Checkpoint } from './ledgers.ts';

/** An account of which records are parked: by its row, and by the letters themselves. */
export interface ParkedAccount {
  number: number;
  /** Null: there are letters of it, but no row. */
  id: string | null;
  since: number | null;
  pending: number;
  /** Position of the first letter whose part of this account is not applied; without letters where the row says that it begins. */
  first: number;
  letters: number;
  /** Of the letters' positions: with their number it tells whether each of the account's records from the first on is among them. */
  positions: bigint;
}

export interface Letters {
  count: number;
  /** Of them, those that were refused; the others wait behind them. */
  refused: number;
  first: number;
}

/** All of a ledger that is parked. As many accounts are in memory as have letters: the builder bounds those (DEAD_LETTERS_MAX). */
export interface Parked {
  accounts: ReadonlyMap<number, ParkedAccount>;
  letters: Letters | null;
}

export const NOTHING_PARKED: Parked = { accounts: new Map(), letters: null };

interface Row extends Record<string, unknown> {
  number: number;
  id: string | null;
  since: string | null;
  pending: number | null;
  first: string | null;
  letters: string | null;
  positions: string | null;
}

const ACCOUNTS = `select coalesce(p.account, l.account) as number, p.id, p.since, p.pending, l.first, l.letters, l.positions
  from (select * from read.parked_accounts where ledger = $1) p
  full join (select a.account, min(d.position) as first, count(distinct d.position) as letters, sum(distinct d.position) as positions
    from read.dead_letters d cross join lateral unnest(d.accounts) as a(account) where d.ledger = $1 group by a.account) l on l.account = p.account
  order by 1`;
const LETTERS =
  'select count(*) as count, count(error) as refused, min(position) as first from read.dead_letters where ledger = $1 having count(*) > 0';

export async function readParked(read: Snapshot, ledger: number): Promise<Parked> {
  const rows = await read.client.query<Row>(ACCOUNTS, [ledger]);
  const [letters] = await read.client.query<{ count: string; refused: string; first: string }>(LETTERS, [ledger]);
  return {
    accounts: new Map(
      rows.map(({ number, id, since, pending, first, letters: count, positions }) => [
        number,
        {
          number,
          id,
          since: since === null ? null : Number(since),
          pending: pending ?? 0,
          first: Number(first ?? since),
          letters: Number(count ?? 0),
          positions: BigInt(positions ?? 0),
        },
      ]),
    ),
    letters:
      letters === undefined ? null : { count: Number(letters.count), refused: Number(letters.refused), first: Number(letters.first) },
  };
}

function accountDifference({ number, id, since, pending, first, letters }: ParkedAccount): string | null {
  if (id === null || since === null)
    return `${letters} parked records are of account number ${number}, which is not among the parked accounts`;
  const what = `the parked account ${id}`;
  if (letters === 0) return `${what} has no parked record: nothing ever frees it`;
  if (pending !== letters) return `${what} waits for ${pending} records, of which ${letters} are parked`;
  if (since > first) return `${what} is said to be parked since position ${since}, its first parked record is ${first}`;
  return null;
}

/** The parked accounts beside their letters: by them rows are compared, so what is wrong here comes before what follows from it. */
export function checkParkedAccounts({ accounts }: Parked): Finding[] {
  return [...accounts.values()].flatMap((account): Finding[] => {
    const message = accountDifference(account);
    return message === null ? [] : [{ check: 'read parked', position: account.first, account: account.id, message }];
  });
}

/** The checkpoint's counters of what is parked. */
export function checkCounters({ parkedAccounts, deadLetters }: Checkpoint, { accounts, letters }: Parked): Finding[] {
  const rows = [...accounts.values()].filter(({ id }) => id !== null).length;
  const counters: [what: string, found: number, expected: number][] = [
    ['parked accounts', parkedAccounts, rows],
    ['parked records', deadLetters, letters?.count ?? 0],
  ];
  return counters.flatMap(([what, found, expected]): Finding[] =>
    found === expected
      ? []
      : [{ check: 'read parked', position: null, account: null, message: `the checkpoint counts ${found} ${what}, there are ${expected}` }],
  );
}

const PAGE = 1_000;

interface Letter extends Record<string, unknown> {
  position: string;
  /** Null: its text is no JSON object. */
  hash: string | null;
  place: string | null;
}

const NEXT_LETTERS = `select position, case when record is json object then record::json ->> 'hash' end as hash,
    case when record is json object then record::json ->> 'position' end as place
  from read.dead_letters where ledger = $1 and position > $2 order by position limit ${PAGE}`;
const LEAVES = `select position, encode(leaf, 'hex') as leaf from ledger.records where ledger = $1 and position = any($2::bigint[])`;

/** What waits is applied one day: each parked record must be the log's at its position, which the checkpoint has passed. Stops at the first that is not. */
export async function checkLetters(
  read: Snapshot,
  ledger: Snapshot,
  checkpoint: Checkpoint,
): Promise<{ found: Finding[]; checked: number }> {
  let checked = 0;
  for (let after = '0'; ;) {
    const letters = await read.client.query<Letter>(NEXT_LETTERS, [checkpoint.number, after]);
    if (letters.length === 0) return { found: [], checked };
    const rows = await ledger.client.query<{ position: string; leaf: string }>(LEAVES, [
      checkpoint.number,
      `{${letters.map(({ position }) => position).join(',')}}`,
    ]);
    const leaves = new Map(rows.map(({ position, leaf }) => [position, leaf]));
    for (const { position, hash, place } of letters) {
      checked += 1;
      const message =
        Number(position) > checkpoint.position
          ? `record ${position} is parked beyond the checkpoint at ${checkpoint.position}`
          : hash === null || hash !== leaves.get(position) || place !== position
            ? `the record that is parked at position ${position} is not the one of the log: it says position ${place ?? 'none'} and hash ${hash ?? 'none'}`
            : null;
      if (message !== null) return { found: [{ check: 'read parked', position: Number(position), account: null, message }], checked };
      after = position;
    }
  }
}
