import { describe, expect, it } from '@jest/globals';
import { recordToJson, type EntryPostedEvent, type LedgerRecord } from '@ledgerflow/contracts';
import fc from 'fast-check';
import { recordBytes } from './record-bytes.ts';

const text = fc.oneof(fc.string({ maxLength: 24 }), fc.string({ unit: 'grapheme', maxLength: 24 }));
const integer = fc.oneof(fc.bigInt({ min: -(10n ** 38n), max: 10n ** 38n }), fc.bigInt({ min: -1_000n, max: 1_000n }));
const number = fc.nat();
const time = fc.bigInt({ min: -(10n ** 15n), max: 10n ** 16n });
const entry: fc.Arbitrary<EntryPostedEvent> = fc.record({
  type: fc.constant('EntryPosted' as const),
  account: text,
  accountNumber: number,
  currency: fc.constantFrom('USD', 'POINTS'),
  version: fc.bigInt({ min: 1n, max: 2n ** 63n - 1n }),
  transaction: number,
  amount: integer,
  postedAfter: integer,
  heldAfter: integer,
});
const record: fc.Arbitrary<LedgerRecord> = fc.record({
  ledger: text,
  ledgerNumber: number,
  ledgerUuid: text,
  epoch: number,
  position: integer,
  previousHash: text,
  hash: text,
  type: fc.constantFrom('TransactionPosted', 'BatchPosted'),
  actor: text,
  correlationId: text,
  causationId: text,
  key: text,
  fingerprint: text,
  recordedAt: time,
  effectiveAt: time,
  scales: fc.constantFrom<Record<string, number>>({}, { USD: 2 }, { POINTS: 0, USD: 2 }),
  transactions: fc.array(fc.record({ id: text, effectiveAt: time, externalId: fc.option(text) }), { maxLength: 3 }),
  details: fc.array(fc.record({ index: number, hash: text, salt: fc.option(text), body: fc.option(fc.record({ reference: text })) }), {
    maxLength: 2,
  }),
  events: fc.array(entry, { maxLength: 12 }),
});

describe('recordBytes', () => {
  it('counts what the text has', () => {
    fc.assert(
      fc.property(record, (one) => expect(recordBytes(one)).toBe(Buffer.byteLength(recordToJson(one)))),
      { verbose: 1 },
    );
  });
  it('counts a record that opens something', () => {
    const opening = fc.sample(record, 1)[0]!;
    opening.events = [{ type: 'CurrencyAdded', data: { code: 'EUR', scale: 2 } }, ...opening.events];
    expect(recordBytes(opening)).toBe(Buffer.byteLength(recordToJson(opening)));
  });
});
