import type { LedgerRecord } from '@ledgerflow/contracts';
import { below, type Random } from './corrected-log.ts';
import { TestLedger, type TestPosting } from './test-ledger.ts';

const NAMES = ['Anna Größer', 'Jonathan Smith', 'Иван Петров', '张伟', 'O’Neill & Sons', 'Smithson', 'anna smith', 'Café Zoë'];
const PLACES = ['Lisbon', 'Porto', 'São Paulo', 'gold', 'silver', 'Köln 50667'];
const MINUTE_MICROS = 60_000_000n;
const ACCOUNTS_MAX = 25;

/**
 * A random log of one ledger over some weeks: accounts with names and metadata in two currencies, transfers, batches, changes of names, freezes, and pauses of days. Equal for equal random numbers.
 */
export function randomLog(id: string, number: number, records: number, random: Random): TestLedger {
  const ledger = new TestLedger(id, number);
  const pick = <T>(list: readonly T[]): T => list[below(random, list.length)] as T;
  const ids = (currency: string): string[] =>
    [...ledger.accounts.values()].filter((account) => account.currency === currency).map(({ account }) => account);
  const posting = (): TestPosting => {
    const all = ids(ids('JPY').length > 1 && random() < 0.3 ? 'JPY' : 'USD');
    const from = pick(all);
    return { from, to: pick(all.filter((one) => one !== from)), amount: BigInt(1 + below(random, 1_000)) };
  };
  const details = () => ({
    ...(random() < 0.8 ? { name: pick(NAMES) } : {}),
    ...(random() < 0.6 ? { metadata: { place: pick(PLACES), tags: [pick(PLACES), below(random, 50)] } } : {}),
  });
  const open = (currency: string): LedgerRecord => {
    const account = `${random() < 0.5 ? 'user' : 'shop'}:${ledger.accounts.size}`;
    return ledger.open(account, { currency, ownerId: random() < 0.5 ? `cust-${below(random, 9)}` : null, details: details() });
  };
  open('USD');
  open('USD');
  while (ledger.records.length < records) {
    // Now and then nothing happens for days; otherwise some minutes.
    ledger.stepMicros =
      BigInt(1 + below(random, 1_000_000)) + (random() < 0.05 ? 4_000n : 9n) * BigInt(below(random, 100)) * (MINUTE_MICROS / 10n);
    const chance = random();
    if (chance < 0.1 && ledger.accounts.size < ACCOUNTS_MAX) open(random() < 0.3 ? 'JPY' : 'USD');
    else if (chance < 0.2) ledger.setTerms(pick([...ledger.accounts.keys()]), 'MetadataChanged', {}, details());
    else if (chance < 0.25) ledger.setTerms(pick([...ledger.accounts.keys()]), 'AccountFrozen', { status: 'frozen', freezeScope: 'all' });
    else if (chance < 0.3) ledger.setTerms(pick([...ledger.accounts.keys()]), 'AccountUnfrozen', { status: 'open', freezeScope: null });
    else if (chance < 0.5)
      ledger.post(
        'BatchPosted',
        Array.from({ length: 1 + below(random, 4) }, () => ({ postings: Array.from({ length: 1 + below(random, 3) }, posting) })),
      );
    else if (chance < 0.7) ledger.post('FundsDeposited', [{ postings: [posting()] }]);
    else ledger.post('FundsTransferred', [{ postings: [posting()] }]);
  }
  return ledger;
}
