import { describe, expect, it } from '@jest/globals';
import { accountDigest, addDigest, entryDigest } from '@ledgerflow/contracts';
import { TestLedger } from '@ledgerflow/read-model/testing';
import fc from 'fast-check';
import { sampleLedger } from '../testing/ledgers.ts';
import { accountChanges, bareAccount, DivergedError, foldAccount, snapshotOf, type AccountDocument } from './account.ts';
import { advanced, checkpointDocument, checkpointFrom, firstCheckpoint } from './checkpoint.ts';
import { entryIdentities, transactionDocuments } from './transaction.ts';

function foldAll(ledger: TestLedger, from = 0, stored = new Map<string, AccountDocument>()): Map<string, AccountDocument> {
  const folded = new Map(stored);
  for (const [id, changes] of accountChanges(ledger.records.slice(from))) {
    const account = foldAccount(stored.get(id) ?? null, changes);
    if (account !== null) folded.set(id, account);
  }
  return folded;
}

const sum = (digests: bigint[]): bigint => digests.reduce(addDigest, 0n);

describe('documents', () => {
  it('have all that the digests of the writer are made of, wherever the log is cut into batches, and whatever comes twice', () => {
    const cuts = fc.record({ size: fc.integer({ min: 0, max: 40 }), first: fc.nat(60), again: fc.nat(60) });
    fc.assert(
      fc.property(cuts, ({ size, first, again }) => {
        const ledger = sampleLedger('a', 1, size);
        const head = new TestLedger('a', 1);
        head.records.splice(0, head.records.length, ...ledger.records.slice(0, first));
        const folded = foldAll(ledger, Math.min(first, again), foldAll(head));
        expect(sum([...folded.values()].map((account) => accountDigest(snapshotOf(account))))).toBe(ledger.accountDigest);
        const transactions = ledger.records.flatMap(transactionDocuments);
        expect(sum(transactions.flatMap(entryIdentities).map(entryDigest))).toBe(ledger.entryDigest);
        expect(folded).toEqual(foldAll(ledger));
      }),
      { verbose: 1 },
    );
  });

  it('keep their digest without their details', () => {
    const ledger = sampleLedger('a', 1, 5);
    const bare = [...foldAll(ledger).values()].map(bareAccount);
    expect(JSON.stringify(bare)).not.toContain('Liddell');
    expect(sum(bare.map((account) => accountDigest(snapshotOf(account))))).toBe(ledger.accountDigest);
  });

  it('of an account are not made over a missing version', () => {
    const ledger = sampleLedger('a', 1, 5);
    const changes = accountChanges(ledger.records).get('alice')!;
    expect(() => foldAccount(null, changes.slice(1))).toThrow(DivergedError);
    expect(() => foldAccount(foldAccount(null, changes.slice(0, 2)), changes.slice(3))).toThrow(
      'has version 4 of account alice, the index has version 2',
    );
    expect(foldAccount(foldAccount(null, changes), changes)).toBeNull();
  });

  it('give an account that a deposit opens on the way none of the details of the deposit', () => {
    const ledger = sampleLedger('a', 1, 0);
    expect(foldAll(ledger).get('@world:USD')).toMatchObject({ name: null, metadata: null });
    expect(ledger.records.flatMap(transactionDocuments).map(({ reference, description }) => reference ?? description)).toEqual([
      'first money',
      'one of two',
      null,
    ]);
  });
});

describe('a checkpoint', () => {
  it('counts the documents that there have to be, and is read as it was written', () => {
    const ledger = sampleLedger('a', 1, 12);
    const checkpoint = advanced(firstCheckpoint(ledger.records[0]!), ledger.records);
    expect(checkpoint).toMatchObject({ position: ledger.position, accounts: 3, transactions: 15, recordHash: ledger.records.at(-1)?.hash });
    expect(checkpointFrom(checkpointDocument(checkpoint, new Date(0)))).toEqual(checkpoint);
  });
});
