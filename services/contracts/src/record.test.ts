import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { GOLDEN_RECORD } from './record.fixture.ts';
import type { AccountTerms, Details, LedgerEvent, LedgerRecord } from './record.ts';
import { formatMicros } from './time.ts';
import { RECORD_TYPE_CODES, RecordFormatError, recordFromJson, recordToJson, transactionId } from './record.ts';

const amount = fc.bigInt({ min: -(10n ** 38n - 1n), max: 10n ** 38n - 1n });
const hex = (bytes: number): fc.Arbitrary<string> =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((value) => Buffer.from(value).toString('hex'));
const time = fc.bigInt({ min: 0n, max: 4_000_000_000_000_000n });
const account = {
  account: fc.string({ minLength: 1 }),
  accountNumber: fc.nat(),
  currency: fc.string(),
  version: fc.bigInt({ min: 1n, max: 2n ** 62n }),
  postedAfter: amount,
  heldAfter: amount,
};
const limits = fc.option(amount);
const terms: fc.Arbitrary<AccountTerms> = fc.record({
  status: fc.constantFrom('open', 'frozen', 'closed'),
  freezeScope: fc.constantFrom(null, 'all', 'debits'),
  minBalance: limits,
  maxBalance: limits,
  ownerId: fc.option(fc.string()),
});
const event: fc.Arbitrary<LedgerEvent> = fc.oneof(
  fc.record({ type: fc.constant('LedgerOpened' as const), data: fc.record({ id: fc.string(), uuid: fc.uuid() }) }),
  fc.record({ type: fc.constant('CurrencyAdded' as const), data: fc.record({ code: fc.string(), scale: fc.nat(18) }) }),
  fc.record({ type: fc.constant('EntryPosted' as const), ...account, transaction: fc.nat(999), amount }),
  fc.record({
    type: fc.constantFrom('AccountOpened' as const, 'LimitsChanged' as const, 'AccountClosed' as const),
    ...account,
    data: terms,
  }),
);
const body: fc.Arbitrary<Details> = fc.record({ name: fc.string(), reference: fc.string({ unit: 'grapheme' }) }, { requiredKeys: [] });
const record: fc.Arbitrary<LedgerRecord> = fc.record({
  ledger: fc.string(),
  ledgerNumber: fc.nat(),
  ledgerUuid: fc.uuid(),
  epoch: fc.nat(),
  position: fc.bigInt({ min: 1n, max: 2n ** 62n }),
  previousHash: hex(32),
  hash: hex(32),
  type: fc.constantFrom(...(Object.keys(RECORD_TYPE_CODES) as LedgerRecord['type'][])),
  actor: fc.string(),
  correlationId: fc.uuid(),
  causationId: fc.uuid(),
  key: hex(16),
  fingerprint: hex(16),
  recordedAt: time,
  effectiveAt: time,
  scales: fc.dictionary(fc.constantFrom('USD', 'EUR', 'JPY'), fc.nat(18), { noNullPrototype: true }),
  transactions: fc.array(fc.record({ id: fc.string(), effectiveAt: time, externalId: fc.option(fc.string()) }), { maxLength: 3 }),
  details: fc.array(
    fc.record({ index: fc.nat(), hash: hex(32), salt: fc.option(hex(16)), body: fc.option(body).map((value) => value && { ...value }) }),
    { maxLength: 3 },
  ),
  events: fc.array(event, { maxLength: 5 }),
});

/** Of the golden record's text, schema 1 for ever. */
const GOLDEN_TEXT_SHA256 = 'eb194060c302c4d18801b059114700db87a3590912a561a18d9d99789aa02cbd';

describe('records', () => {
  it('come back from JSON as they were, as equal text', () => {
    fc.assert(
      fc.property(record, (value) => {
        const text = recordToJson(value);
        const back = recordFromJson(text);
        expect(recordToJson(back)).toBe(text);
        expect({ ...back, events: [], details: [] }).toEqual({ ...value, events: [], details: [] });
        expect(back.events).toEqual(value.events.map((one) => ({ ...one, ...('data' in one ? { data: { ...one.data } } : {}) })));
      }),
      { verbose: 1 },
    );
    expect(recordFromJson(recordToJson(GOLDEN_RECORD))).toEqual(GOLDEN_RECORD);
  });

  it('have the text that JSON.stringify makes of the same members in the same order', () => {
    const text = (value: LedgerRecord): string => {
      const digits = (one: unknown): unknown => (typeof one === 'bigint' ? one.toString() : one);
      const events = value.events.map((one, index) => {
        if (!('account' in one)) return { index, type: one.type, data: one.data };
        const { type, version, account: id, accountNumber, currency, postedAfter, heldAfter } = one;
        const moved = type === 'EntryPosted' ? { transaction: one.transaction, amount: one.amount } : {};
        const data = type === 'EntryPosted' ? {} : { data: one.data };
        return { index, type, account: id, accountNumber, currency, version, ...moved, postedAfter, heldAfter, ...data };
      });
      const { recordedAt, effectiveAt, scales, transactions, details, events: _, ...rest } = value;
      const times = { recordedAt: formatMicros(recordedAt), effectiveAt: formatMicros(effectiveAt) };
      const timed = transactions.map((one) => ({ ...one, effectiveAt: formatMicros(one.effectiveAt) }));
      return JSON.stringify({ schema: 1, ...rest, ...times, scales, transactions: timed, details, events }, (__, one) => digits(one));
    };
    fc.assert(
      fc.property(record, (value) => expect(recordToJson(value)).toBe(text(value))),
      { verbose: 1 },
    );
    // Once more with what a text may hide: quotation marks, backslashes, controls, lone surrogates.
    for (const evil of ['"', '\\', '\u0000', '\u001f', '\u007f', '\ud800', '\u2028', 'é', '😀', ' ', '']) {
      const value = { ...GOLDEN_RECORD, ledger: evil, actor: `a${evil}b`, transactions: [{ id: evil, effectiveAt: 0n, externalId: evil }] };
      expect(JSON.parse(recordToJson(value))).toMatchObject({
        ledger: evil,
        actor: `a${evil}b`,
        transactions: [{ id: evil, externalId: evil }],
      });
    }
    expect(createHash('sha256').update(recordToJson(GOLDEN_RECORD)).digest('hex')).toBe(GOLDEN_TEXT_SHA256);
  });

  const json = (over: Record<string, unknown>): string =>
    JSON.stringify({ ...(JSON.parse(recordToJson(GOLDEN_RECORD)) as object), ...over });
  it.each([
    ['no JSON', '{'],
    ['null', 'null'],
    ['another schema', json({ schema: 2 })],
    ['an unknown record type', json({ type: 'Other' })],
    ['a type of Object.prototype', json({ type: 'toString2' })],
    ['an unknown event type', json({ events: [{ index: 0, type: 'Other' }] })],
    ['events out of order', json({ events: [{ index: 1, type: 'LedgerOpened', data: {} }] })],
    ['a position that is no number', json({ position: 'x' })],
    ['a time that is none', json({ recordedAt: 'yesterday' })],
    ['no events', json({ events: undefined })],
  ])('that are %s are refused whole', (_, text) => expect(() => recordFromJson(text)).toThrow(RecordFormatError));

  it('name their transactions by position', () => {
    expect(transactionId('FundsTransferred', 41n, 0)).toBe('41');
    expect(transactionId('BatchPosted', 41n, 3)).toBe('41-3');
  });
});
