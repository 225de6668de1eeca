import { formatMinor } from '@ledgerflow/contracts';
import { TestLedger } from '@ledgerflow/read-model/testing';

/** A ledger with accounts that have details, plain transfers, an atomic batch and a change of terms. */
export function sampleLedger(id: string, number: number, transferCount: number): TestLedger {
  const ledger = new TestLedger(id, number);
  ledger.open('alice', { ownerId: 'o-1', details: { name: 'Alice Liddell', metadata: { team: 'red', tags: ['a', null, { deep: 1 }] } } });
  ledger.open('bob', { details: { name: 'Bob' } });
  ledger.open('@world:USD');
  ledger.transfer('@world:USD', 'alice', 1_000_000n, { externalId: 'order-1', details: { reference: 'first money', metadata: { '': 1 } } });
  ledger.post('BatchPosted', [
    { postings: [{ from: 'alice', to: 'bob', amount: 5n }], details: { description: 'one of two' } },
    { postings: [{ from: 'bob', to: 'alice', amount: 3n }], effectiveAfterMicros: -5_000_000n },
  ]);
  ledger.setTerms('bob', 'AccountFrozen', { status: 'frozen', freezeScope: 'debits' });
  ledger.setTerms('bob', 'LimitsChanged', { status: 'open', freezeScope: null, minBalance: -12_345n, maxBalance: 10n ** 30n });
  addTransfers(ledger, transferCount);
  return ledger;
}

export function addTransfers(ledger: TestLedger, count: number): void {
  for (let i = 0; i < count; i++) ledger.transfer(i % 3 === 0 ? 'bob' : 'alice', i % 3 === 0 ? 'alice' : 'bob', BigInt(1 + (i % 7)));
}

/** What the documents of a ledger's accounts have to say, from its state. */
export function balancesOf(ledger: TestLedger): { id: string; posted: string; version: string; status: string }[] {
  return [...ledger.accounts.values()]
    .map(({ account, posted, version, status, currency }) => ({
      id: account,
      posted: formatMinor(posted, ledger.scales[currency] as number),
      version: version.toString(),
      status,
    }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}
