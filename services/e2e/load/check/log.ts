import type { NotPossible } from './outcome.ts';
import type { LedgerReader } from './reader.ts';

export interface LogReport {
  outcome: 'ok' | 'wrong';
  records: number;
  entries: number;
  accounts: number;
  /** Position up to which it was read. */
  position: string;
  /** The first thing that does not fit; null if all does. */
  difference: string | null;
}

interface EventLine {
  type: string;
  account?: string;
  version?: string;
  amount?: string;
  postedAfter?: string;
  data: { currency?: string };
}

interface RecordLine {
  position: string;
  events: EventLine[];
}

interface BalanceLine {
  account: string;
  currency: string;
  posted: string;
  version: string;
  asOfPosition: string;
}

interface TrialBalance {
  balanced: boolean;
  currencies: { currency: string; debits: string; credits: string }[];
  asOfPosition: string;
}

interface Folded {
  currency: string;
  posted: bigint;
  version: bigint;
}

/** What was read does not fit together; another error says that it could not be read. */
class InconsistencyError extends Error {
  override name = 'InconsistencyError';
}

/** Others may write to the ledger meanwhile; then the comparison is made again from where the log has got to. */
const ROUNDS_MAX = 10;

/** All amounts of a currency have its decimals, so without the point they are minor units. */
const minor = (text: string): bigint => BigInt(text.replace('.', ''));

/** What the log says, gathered from its first record on; throws InconsistencyError at the first record that does not fit those before. */
class Fold {
  readonly accounts = new Map<string, Folded>();
  position = 0n;
  records = 0;
  entries = 0;

  take(record: RecordLine): void {
    const position = BigInt(record.position);
    if (position !== this.position + 1n) throw new InconsistencyError(`position ${position} follows ${this.position}`);
    this.position = position;
    this.records += 1;
    const sums = new Map<string, bigint>();
    for (const event of record.events) if (event.account !== undefined) this.event(event, event.account, sums);
    for (const [currency, sum] of sums)
      if (sum !== 0n) throw new InconsistencyError(`position ${position}: the entries in ${currency} sum to ${sum} minor units`);
  }

  private event(event: EventLine, account: string, sums: Map<string, bigint>): void {
    const at = (what: string): InconsistencyError => new InconsistencyError(`position ${this.position}, account ${account}: ${what}`);
    const currency = event.data.currency ?? '';
    const before = this.accounts.get(account) ?? { currency, posted: 0n, version: 0n };
    if (before.currency !== currency) throw at(`an event in ${currency} on an account in ${before.currency}`);
    const amount = event.type === 'EntryPosted' ? minor(event.amount ?? '0') : 0n;
    const posted = before.posted + amount;
    const version = BigInt(event.version ?? '0');
    if (version !== before.version + 1n) throw at(`version ${version} follows ${before.version}`);
    if (event.postedAfter !== undefined && minor(event.postedAfter) !== posted)
      throw at(`the balance after it is ${event.postedAfter}, the entries so far sum to ${posted} minor units`);
    this.accounts.set(account, { currency, posted, version });
    if (event.type !== 'EntryPosted') return;
    this.entries += 1;
    sums.set(currency, (sums.get(currency) ?? 0n) + amount);
  }
}

async function readOn(reader: LedgerReader, fold: Fold, onProgress: (records: number) => void): Promise<void> {
  for await (const page of reader.pages<RecordLine>(`/events?after=${fold.position}&`)) {
    for (const record of page) fold.take(record);
    onProgress(fold.records);
  }
}

/** Null when the read side is at another position than the fold. */
async function compareBalances(reader: LedgerReader, fold: Fold): Promise<true | null> {
  const missing = new Set(fold.accounts.keys());
  for await (const page of reader.pages<BalanceLine>('/balances?')) {
    for (const { account, currency, posted, version, asOfPosition } of page) {
      if (BigInt(asOfPosition) !== fold.position) return null;
      const folded = fold.accounts.get(account);
      missing.delete(account);
      if (folded === undefined) throw new InconsistencyError(`account ${account} has a balance, but no record`);
      if (folded.posted !== minor(posted) || folded.currency !== currency || folded.version !== BigInt(version))
        throw new InconsistencyError(
          `account ${account} has ${posted} ${currency} at version ${version}; the log says ${folded.posted} minor units of ${folded.currency} at ${folded.version}`,
        );
    }
  }
  // The far side of deposits has no line of its own; its sum is in the trial balance.
  for (const account of missing)
    if (!account.startsWith('@')) throw new InconsistencyError(`account ${account} is in the log, but has no balance`);
  return true;
}

async function compareTrialBalance(reader: LedgerReader, fold: Fold): Promise<true | null> {
  const trial = await reader.get<TrialBalance>('/trial-balance');
  if (BigInt(trial.asOfPosition) !== fold.position) return null;
  const sums = new Map<string, { debits: bigint; credits: bigint }>();
  for (const { currency, posted } of fold.accounts.values()) {
    const sum = sums.get(currency) ?? { debits: 0n, credits: 0n };
    if (posted > 0n) sum.credits += posted;
    else sum.debits -= posted;
    sums.set(currency, sum);
  }
  if (!trial.balanced) throw new InconsistencyError('the trial balance says that it is not balanced');
  for (const { currency, debits, credits } of trial.currencies) {
    const sum = sums.get(currency) ?? { debits: 0n, credits: 0n };
    sums.delete(currency);
    if (minor(debits) !== sum.debits || minor(credits) !== sum.credits)
      throw new InconsistencyError(
        `the trial balance in ${currency} is ${debits} and ${credits}; the log says ${sum.debits} and ${sum.credits} minor units`,
      );
  }
  for (const [currency, { debits, credits }] of sums)
    if (debits !== 0n || credits !== 0n) throw new InconsistencyError(`the trial balance lacks ${currency}`);
  return true;
}

/**
 * What can be shown of a ledger through its API alone: positions and versions are dense, the entries of every record sum to zero, and what the log adds up to is what
 * the balances and the trial balance say.
 */
export async function checkLog(reader: LedgerReader, onProgress: (records: number) => void): Promise<LogReport | NotPossible> {
  const fold = new Fold();
  const report = (difference: string | null): LogReport => {
    const { records, entries, accounts, position } = fold;
    return {
      outcome: difference === null ? 'ok' : 'wrong',
      records,
      entries,
      accounts: accounts.size,
      position: position.toString(),
      difference,
    };
  };
  try {
    for (let round = 0; round < ROUNDS_MAX; round++) {
      await readOn(reader, fold, onProgress);
      if ((await compareBalances(reader, fold)) === true && (await compareTrialBalance(reader, fold)) === true) return report(null);
    }
  } catch (error) {
    if (error instanceof InconsistencyError) return report(error.message);
    throw error;
  }
  const why = `others write to this ledger: in ${ROUNDS_MAX} rounds the balances were never at the position that the log had`;
  return { outcome: 'not possible', why, isExpected: true };
}
