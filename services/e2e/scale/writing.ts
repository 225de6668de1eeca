import { type Body, CURRENCY, cents } from '../bench/commands.ts';
import { post } from '../bench/writer-client.ts';
import type { Random } from '../driver/index.ts';
import { FAMILY_NAMES, FIRST_NAMES } from '../simulate/names.ts';
import type { Ground } from './ground.ts';

export const LEDGERS_PREFIX = 'tenant-';
export const BIG_LEDGER = 'big-book';
/** What each of many ledgers has. */
export const ACCOUNTS_EACH = 4;
export const TRANSFERS_EACH = 4;
/** The ledger itself, its accounts with what they begin with, its transfers. */
export const RECORDS_EACH = 1 + ACCOUNTS_EACH + TRANSFERS_EACH;
/** Ledgers, or lists of one ledger, on their way at once. */
const CONCURRENT = 16;
const LISTS_CONCURRENT = 4;
const LIST = 500;
const ID_DIGITS = 7;
const AMOUNT_MAX = 100;

export const ledgerId = (index: number): string => `${LEDGERS_PREFIX}${String(index).padStart(ID_DIGITS, '0')}`;
export const accountId = (index: number): string => `person-${String(index).padStart(ID_DIGITS, '0')}`;

const openLedger: Body = { $case: 'openLedger', value: { currencies: [{ code: CURRENCY, scale: undefined }] } };

/** Each first name is that of one account in eighty or so, each pair of names of one in five thousand. */
export const firstName = (index: number): string => FIRST_NAMES[index % FIRST_NAMES.length] as string;
export const familyName = (index: number): string => FAMILY_NAMES[Math.floor(index / FIRST_NAMES.length) % FAMILY_NAMES.length] as string;

function openAccount(index: number): Body {
  return {
    $case: 'openAccount',
    value: {
      id: accountId(index),
      currency: CURRENCY,
      name: `${firstName(index)} ${familyName(index)}`,
      ownerId: undefined,
      initialBalance: '1000.00',
      minBalance: undefined,
      maxBalance: undefined,
      metadata: undefined,
    },
  };
}

function transfer(from: number, to: number, amount: number): Body {
  return {
    $case: 'transfer',
    value: {
      from: accountId(from),
      to: accountId(to),
      amount: cents(amount),
      currency: CURRENCY,
      terms: { externalId: undefined, reference: undefined, description: undefined, effectiveAt: undefined, metadata: undefined },
      expectedVersions: [],
    },
  };
}

const anyTransfer = (random: Random, accounts: number): Body => {
  const from = random.below(accounts);
  return transfer(from, (from + 1 + random.below(accounts - 1)) % accounts, 1 + random.below(AMOUNT_MAX));
};

async function concurrently(count: number, workers: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: Math.min(workers, count) }, worker));
}

/** Opens so many ledgers, each with its accounts and transfers; the seconds it took. */
export async function writeLedgers(ground: Ground, ledgers: number, random: Random): Promise<number> {
  const { writer, numbers, progress, signal } = ground;
  const startedMs = performance.now();
  let done = 0;
  await concurrently(ledgers, CONCURRENT, async (index) => {
    signal.throwIfAborted();
    const accounts = Array.from({ length: ACCOUNTS_EACH }, (_, account) => openAccount(account));
    const transfers = Array.from({ length: TRANSFERS_EACH }, () => anyTransfer(random, ACCOUNTS_EACH));
    await post(writer, numbers, ledgerId(index), [openLedger, ...accounts, ...transfers]);
    done++;
    progress.update(() => `${done.toLocaleString('en')} of ${ledgers.toLocaleString('en')} ledgers are open`);
  });
  return (performance.now() - startedMs) / 1_000;
}

/** Opens one ledger with so many accounts; the seconds it took. */
export async function writeAccounts(ground: Ground, accounts: number): Promise<number> {
  const { writer, numbers, progress, signal } = ground;
  const startedMs = performance.now();
  await post(writer, numbers, BIG_LEDGER, [openLedger]);
  let done = 0;
  await concurrently(Math.ceil(accounts / LIST), LISTS_CONCURRENT, async (list) => {
    signal.throwIfAborted();
    const from = list * LIST;
    const bodies = Array.from({ length: Math.min(LIST, accounts - from) }, (_, at) => openAccount(from + at));
    await post(writer, numbers, BIG_LEDGER, bodies);
    done += bodies.length;
    progress.update(() => `${done.toLocaleString('en')} of ${accounts.toLocaleString('en')} accounts are open`);
  });
  return (performance.now() - startedMs) / 1_000;
}

/** Transfers from one account of the large ledger to others, so that its statement has as many entries. */
export async function writeStatement(ground: Ground, accounts: number, transfers: number): Promise<void> {
  await concurrently(Math.ceil(transfers / LIST), LISTS_CONCURRENT, async (list) => {
    ground.signal.throwIfAborted();
    const from = list * LIST;
    const bodies = Array.from({ length: Math.min(LIST, transfers - from) }, (_, at) => transfer(0, 1 + ((from + at) % (accounts - 1)), 1));
    await post(ground.writer, ground.numbers, BIG_LEDGER, bodies);
  });
}
