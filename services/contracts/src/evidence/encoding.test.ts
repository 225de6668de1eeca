import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { GOLDEN_RECORD } from '../record.fixture.ts';
import type { LedgerRecord } from '../record.ts';
import type { AccountSnapshot, EntryIdentity } from './digests.ts';
import { accountDigest, addDigest, DigestSum, digestToHex, entryDigest, subtractDigest } from './digests.ts';
import { encodeRecord, leafHash } from './encoding.ts';

/**
 * Encoding v1 for ever: these values are in the logs and proofs of everybody. If one of them changes, the code is wrong; a new encoding is a new version
 * byte beside this one. They were checked once against an encoder written separately from the description at the head of encoding.ts.
 */
const GOLDEN = {
  bytes: 846,
  leaf: 'f95aa65a027a2cbaf05bb83618acb4daa36972345fe9fd7b913e85ee5412e3fa',
  sha256: '8cb8d5b4c2fe18eb14aed18385768bba86d53bf06b919d68d7827a1614bc03ab',
  entry: '7df57eca73b0199652d8e67c91da1b0b1b83ff0dc29b248a1dbb30c4708c9f23',
  account: '34c9b3c2f8027a0591e820ff7b83a9da473a492191204a207546fc1b14053f5d',
};

const ENTRY = { account: 'älice', version: 3n, amount: -150n, postedAfter: 10n ** 38n - 1n, heldAfter: 7n };
const ACCOUNT: AccountSnapshot = {
  account: 'älice',
  version: 3n,
  posted: -5n,
  held: 7n,
  status: 'frozen',
  freezeScope: 'debits',
  minBalance: -10n,
  maxBalance: null,
};

describe('encoding v1', () => {
  it('gives the golden values', () => {
    const bytes = encodeRecord(GOLDEN_RECORD);
    expect(bytes.length).toBe(GOLDEN.bytes);
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(GOLDEN.sha256);
    expect(leafHash(GOLDEN_RECORD)).toBe(GOLDEN.leaf);
    expect(digestToHex(entryDigest(ENTRY))).toBe(GOLDEN.entry);
    expect(digestToHex(accountDigest(ACCOUNT))).toBe(GOLDEN.account);
  });

  it('covers everything but the erasable bodies, the texts that are elsewhere and the hash itself', () => {
    const golden = leafHash(GOLDEN_RECORD);
    const uncovered: Partial<LedgerRecord>[] = [
      { hash: 'x' },
      { details: GOLDEN_RECORD.details.map((details) => ({ ...details, body: null, salt: null })) },
      { scales: {} },
      { ledger: 'other', ledgerNumber: 1 },
    ];
    for (const over of uncovered) expect(leafHash({ ...GOLDEN_RECORD, ...over })).toBe(golden);
    const [entry, terms] = [GOLDEN_RECORD.events[4], GOLDEN_RECORD.events[2]];
    const withEvent = (index: number, over: object): Partial<LedgerRecord> => ({
      events: GOLDEN_RECORD.events.map((event, at) => (at === index ? ({ ...event, ...over } as typeof event) : event)),
    });
    const covered: Partial<LedgerRecord>[] = [
      { ledgerUuid: '0190c1a0-1234-7abc-8def-0123456789ac' },
      { epoch: 4 },
      { position: 42n },
      { previousHash: '12'.repeat(32) },
      { recordedAt: 1n },
      { effectiveAt: 1n },
      { type: 'TransactionPosted' },
      { actor: 'other' },
      { correlationId: GOLDEN_RECORD.causationId },
      { causationId: GOLDEN_RECORD.correlationId },
      { key: '23'.repeat(16) },
      { fingerprint: '34'.repeat(16) },
      { transactions: GOLDEN_RECORD.transactions.slice(1) },
      { transactions: GOLDEN_RECORD.transactions.map((transaction) => ({ ...transaction, externalId: null })) },
      { transactions: GOLDEN_RECORD.transactions.map((transaction) => ({ ...transaction, effectiveAt: 0n })) },
      { details: GOLDEN_RECORD.details.slice(1) },
      { details: GOLDEN_RECORD.details.map((details) => ({ ...details, hash: '45'.repeat(32) })) },
      { events: GOLDEN_RECORD.events.slice(1) },
      ...['account', 'currency'].map((field) => withEvent(4, { [field]: 'other' })),
      ...['version', 'amount', 'postedAfter', 'heldAfter'].map((field) => withEvent(4, { [field]: 77n })),
      ...['accountNumber', 'transaction'].map((field) => withEvent(4, { [field]: 77 })),
      withEvent(2, { type: 'LimitsChanged' }),
      ...[{ status: 'open' }, { freezeScope: null }, { minBalance: null }, { maxBalance: 1n }, { ownerId: null }].map((over) =>
        withEvent(2, { data: { ...(terms?.type === 'AccountOpened' ? terms.data : {}), ...over } }),
      ),
      withEvent(1, { data: { code: 'POINTS', scale: 1 } }),
      withEvent(0, { data: { id: 'demo', uuid: 'other' } }),
    ];
    expect(entry?.type).toBe('EntryPosted');
    const hashes = covered.map((over) => leafHash({ ...GOLDEN_RECORD, ...over }));
    expect(new Set([golden, ...hashes]).size).toBe(covered.length + 1);
  });

  it('refuses what would not fit, instead of cutting it', () => {
    expect(() => leafHash({ ...GOLDEN_RECORD, key: 'zz' })).toThrow(/range|hex/);
    expect(() => leafHash({ ...GOLDEN_RECORD, correlationId: 'none' })).toThrow(/range|hex/);
    expect(() => leafHash({ ...GOLDEN_RECORD, actor: 'x'.repeat(70_000) })).toThrow(/range|hex/);
    expect(() => leafHash({ ...GOLDEN_RECORD, key: '22'.repeat(17) })).toThrow(/range|hex/);
    expect(() => leafHash({ ...GOLDEN_RECORD, previousHash: '1'.repeat(63) })).toThrow(/range|hex/);
    expect(() => leafHash({ ...GOLDEN_RECORD, position: 2n ** 63n })).toThrow(/range|hex/);
    expect(() => leafHash({ ...GOLDEN_RECORD, epoch: -1 })).toThrow(/range|hex/);
    for (const amount of [2n ** 127n, -(2n ** 127n) - 1n]) expect(() => entryDigest({ ...ENTRY, amount })).toThrow(/range|hex/);
  });
});

/** The entry's bytes once more, as the description says it and as simply as can be. */
function plainEntryDigest({ account, version, amount, postedAfter, heldAfter }: EntryIdentity): bigint {
  const name = Buffer.from(account);
  const integer = (value: bigint, bytes: number): Buffer =>
    Buffer.from(
      BigInt.asUintN(bytes * 8, value)
        .toString(16)
        .padStart(bytes * 2, '0'),
      'hex',
    );
  const parts = [Buffer.of(2), integer(BigInt(name.length), 2), name, integer(version, 8)];
  for (const value of [amount, postedAfter, heldAfter]) parts.push(integer(value, 16));
  return BigInt(`0x${createHash('sha256').update(Buffer.concat(parts)).digest('hex')}`);
}

const EDGES = [63, 64, 127].flatMap((bits) => [2n ** BigInt(bits) - 1n, -(2n ** BigInt(bits))]);
const amount = fc.oneof(fc.constantFrom(0n, -1n, 1n, ...EDGES.slice(0, 5)), fc.bigInt({ min: -(2n ** 127n), max: 2n ** 127n - 1n }));
const entry: fc.Arbitrary<EntryIdentity> = fc.record({
  account: fc.oneof(fc.string({ maxLength: 130, unit: 'grapheme-ascii' }), fc.string({ unit: 'grapheme' })),
  version: fc.bigInt({ min: 1n, max: 2n ** 63n - 1n }),
  amount,
  postedAfter: amount,
  heldAfter: amount,
});

describe('digests', () => {
  it('of entries are those of a second encoder, whatever the sizes', () => {
    fc.assert(
      fc.property(entry, (value) => expect(entryDigest(value)).toBe(plainEntryDigest(value))),
      { verbose: 1 },
    );
  });

  it('have one sum, whether added one by one or in lanes', () => {
    const start = fc.bigInt({ min: 0n, max: 2n ** 256n - 1n });
    fc.assert(
      fc.property(start, fc.array(entry), fc.array(amount), (from, entries, balances) => {
        const accounts = balances.map((posted, index): AccountSnapshot => ({ ...ACCOUNT, posted, account: `account-${index}` }));
        const lanes = new DigestSum(from);
        let sum = entries.reduce((total, value) => addDigest(total, entryDigest(value)), from);
        for (const value of entries) lanes.addEntry(value);
        accounts.forEach((account, index) => {
          if (index % 2 === 0) lanes.addAccount(account);
          else lanes.subtractAccount(account);
          sum = index % 2 === 0 ? addDigest(sum, accountDigest(account)) : subtractDigest(sum, accountDigest(account));
        });
        expect(lanes.total()).toBe(sum);
      }),
      { verbose: 1 },
    );
  });

  it('are sums: order does not matter, and what was added can be taken away', () => {
    const term = fc.bigInt({ min: 0n, max: 2n ** 256n - 1n });
    fc.assert(
      fc.property(fc.array(term), fc.array(term), (one, other) => {
        const all = [...one, ...other].reduce(addDigest, 0n);
        expect([...other, ...one].reduce(addDigest, 0n)).toBe(all);
        expect(other.reduce(subtractDigest, all)).toBe(one.reduce(addDigest, 0n));
        expect(digestToHex(all)).toMatch(/^[0-9a-f]{64}$/);
      }),
      { verbose: 1 },
    );
  });

  it('differ for every part of an account', () => {
    const overs: Partial<AccountSnapshot>[] = [
      {},
      { account: 'b' },
      { version: 4n },
      { posted: 5n },
      { held: 0n },
      { status: 'open' },
      { freezeScope: 'all' },
      { freezeScope: null },
      { minBalance: null },
      { maxBalance: -10n },
      { minBalance: null, maxBalance: -10n },
    ];
    expect(new Set(overs.map((over) => accountDigest({ ...ACCOUNT, ...over }))).size).toBe(overs.length);
  });
});
