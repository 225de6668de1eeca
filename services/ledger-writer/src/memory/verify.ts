import type { LedgerRecord } from '@ledgerflow/contracts';
import {
  accountDigest,
  addDigest,
  detailsHash,
  entryDigest,
  Frontier,
  isAccountEvent,
  leafHash,
  recordFromJson,
  recordToJson,
  ZERO_HASH,
} from '@ledgerflow/contracts';
import type { LedgerLocation, LedgerStore } from '../application/store.ts';
import { evolve } from '../domain/evolve.ts';
import type { Account, Head } from '../domain/state.ts';

/** A ledger made again from nothing but its log. */
export interface Replayed {
  records: LedgerRecord[];
  accounts: Map<string, Account>;
  head: Omit<Head, 'ledger' | 'number' | 'uuid'>;
}

function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(`the log is broken: ${what}`);
}

function checkSums(record: LedgerRecord): void {
  const sums = new Map<string, bigint>();
  for (const event of record.events) {
    if (event.type !== 'EntryPosted') continue;
    const group = `${event.transaction} ${event.currency}`;
    sums.set(group, (sums.get(group) ?? 0n) + event.amount);
  }
  for (const [group, sum] of sums) must(sum === 0n, `record ${record.position}: ${group} sums to ${sum}`);
}

/** Entries move an account outside of its limits never: the balance at the end of a transaction counts. */
function checkLimits(record: LedgerRecord, before: ReadonlyMap<string, Account>, after: ReadonlyMap<string, Account>): void {
  for (const event of record.events) {
    if (!isAccountEvent(event)) continue;
    const account = after.get(event.account) as Account;
    const posted = before.get(event.account)?.posted ?? 0n;
    const { minBalance, maxBalance } = account;
    if (account.posted < posted && minBalance !== null)
      must(account.posted - account.held >= minBalance, `${account.account} is below its minimum at ${record.position}`);
    if (account.posted > posted && maxBalance !== null)
      must(account.posted <= maxBalance, `${account.account} is above its maximum at ${record.position}`);
  }
}

/** Replays record texts from position 1 and checks all that must hold of each: chain, hashes, sums, limits, dense positions and versions. Throws at the first that does not. */
export function replayLog(texts: readonly string[]): Replayed {
  const accounts = new Map<string, Account>();
  const frontier = new Frontier(0n, new Uint8Array(0));
  const records: LedgerRecord[] = [];
  const head = {
    epoch: 0,
    position: 0n,
    recordedAt: 0n,
    recordHash: ZERO_HASH,
    frontier: new Uint8Array(0),
    entryDigest: 0n,
    accountDigest: 0n,
    accountCount: 0,
  };
  for (const text of texts) {
    const record = recordFromJson(text);
    must(recordToJson(record) === text, `record ${record.position} has another text`);
    must(record.position === head.position + 1n, `record ${record.position} after ${head.position}`);
    must(record.previousHash === head.recordHash, `record ${record.position} does not know the one before`);
    must(record.hash === leafHash(record), `record ${record.position} has another hash`);
    must(record.recordedAt > head.recordedAt, `record ${record.position} is not later than the one before`);
    for (const { salt, body, hash } of record.details)
      if (salt !== null && body !== null) must(detailsHash(salt, body) === hash, `details of ${record.position}`);
    checkSums(record);
    const before = new Map(accounts);
    for (const event of record.events) {
      if (!isAccountEvent(event)) continue;
      const account = evolve(accounts.get(event.account), event);
      accounts.set(event.account, account);
      if (event.type === 'EntryPosted') head.entryDigest = addDigest(head.entryDigest, entryDigest(event));
      if (event.type === 'AccountOpened') {
        head.accountCount += 1;
        must(account.number === head.accountCount, `account number ${account.number} is not the next one`);
      }
    }
    checkLimits(record, before, accounts);
    frontier.append(record.hash);
    Object.assign(head, { epoch: record.epoch, position: record.position, recordedAt: record.recordedAt, recordHash: record.hash });
    records.push(record);
  }
  for (const account of accounts.values()) head.accountDigest = addDigest(head.accountDigest, accountDigest(account));
  return { records, accounts, head: { ...head, frontier: frontier.toBytes() } };
}

const READ_MAX = 1_000_000;

/** Replays a ledger of a store and holds its head and every account row against the log. Throws where they differ. */
export async function verifyLedger(store: LedgerStore, location: LedgerLocation): Promise<Replayed> {
  const replayed = replayLog(await store.readLog(location, 0n, null, READ_MAX, Number.MAX_SAFE_INTEGER));
  const head = await store.readHead(location);
  if (head === null) {
    must(replayed.records.length === 0, 'there are records but no head');
    return replayed;
  }
  const shown = (value: object): string => JSON.stringify(value, (_, v: unknown) => (typeof v === 'bigint' ? v.toString() : v));
  const { ledger, number, uuid } = location;
  const expected: Head = { ledger, number, uuid, ...replayed.head };
  for (const key of Object.keys(expected) as (keyof Head)[]) {
    const same =
      key === 'frontier' ? Buffer.compare(Buffer.from(head.frontier), Buffer.from(expected.frontier)) === 0 : head[key] === expected[key];
    must(same, `head.${key} is ${String(head[key])}, the log says ${String(expected[key])}`);
  }
  for (const [id, account] of replayed.accounts) {
    const row = (await store.readAccount(location, id))?.account;
    const inOrder = (value: Account): string => shown(Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))));
    must(
      row !== undefined && inOrder(row) === inOrder(account),
      `account ${id} is ${row === undefined ? 'missing' : inOrder(row)}, the log says ${inOrder(account)}`,
    );
  }
  return replayed;
}
