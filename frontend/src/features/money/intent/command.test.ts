import { describe, expect, it } from '@jest/globals';
import { commandOf, type Surroundings } from './command.ts';
import { emptyDraft, type Kind, type Leg, type Terms } from './draft.ts';
import { LEDGER } from './intent.fixture.ts';
import { readMetadata } from './metadata.ts';

const AROUND: Surroundings = { ledger: LEDGER, zone: 'utc', currencyOf: ({ currency }) => (currency === '' ? 'USD' : currency) };
const read = (kind: Kind, legs: Partial<Leg>[], terms: Partial<Terms> = {}) => {
  const draft = emptyDraft(kind);
  draft.legs = legs.map((leg) => ({ from: '', to: '', amount: '', currency: '', ...leg }));
  Object.assign(draft.terms, terms);
  return commandOf(kind, draft, AROUND);
};

describe('commandOf', () => {
  it('makes each kind of command', () => {
    expect(read('transfer', [{ from: 'a', to: 'b', amount: '1,000.50' }])).toEqual({
      command: {
        operation: 'createTransfer',
        request: { ledger: 'shop', body: { from: 'a', to: 'b', amount: '1000.50', currency: 'USD' } },
      },
    });
    expect(read('deposit', [{ to: 'b', amount: '5', currency: 'JPY' }])).toEqual({
      command: { operation: 'createDeposit', request: { ledger: 'shop', account: 'b', body: { amount: '5', currency: 'JPY' } } },
    });
    expect(read('withdrawal', [{ from: 'a', amount: '5' }])).toEqual({
      command: { operation: 'createWithdrawal', request: { ledger: 'shop', account: 'a', body: { amount: '5.00', currency: 'USD' } } },
    });
    expect(
      read('legs', [
        { from: 'a', to: 'b', amount: '1' },
        { from: 'b', to: 'c', amount: '.5' },
      ]),
    ).toEqual({
      command: {
        operation: 'createTransaction',
        request: {
          ledger: 'shop',
          body: {
            postings: [
              { from: 'a', to: 'b', amount: '1.00', currency: 'USD' },
              { from: 'b', to: 'c', amount: '0.50', currency: 'USD' },
            ],
          },
        },
      },
    });
  });

  it('tells each field that is wrong', () => {
    const wrong = read('transfer', [{ from: '@world:USD', to: 'a b', amount: '1.234' }], {
      effectiveAt: '2026-02-30 10:00',
      metadata: '[1]',
    });
    expect(Object.keys('faults' in wrong ? wrong.faults : {})).toEqual([
      'legs.0.from',
      'legs.0.to',
      'legs.0.amount',
      'terms.effectiveAt',
      'terms.metadata',
    ]);
    expect(read('transfer', [{ from: 'a', to: 'a', amount: '1' }])).toMatchObject({ faults: { 'legs.0.to': expect.any(String) } });
    expect(read('transfer', [{ from: 'a', to: 'b', amount: '1', currency: 'EUR' }])).toMatchObject({
      faults: { 'legs.0.currency': expect.any(String) },
    });
    expect(read('deposit', [{ to: '', amount: '' }])).toMatchObject({
      faults: { 'legs.0.to': expect.any(String), 'legs.0.amount': expect.any(String) },
    });
  });

  it('sends the terms that are given, the time to the microsecond', () => {
    const terms = { reference: ' r ', externalId: 'x-1', effectiveAt: '2026-11-17 14:03:07.123456', metadata: '{"a": {"b": 1.5}}' };
    expect(read('withdrawal', [{ from: 'a', amount: '5' }], terms)).toMatchObject({
      command: {
        request: {
          body: { reference: 'r', externalId: 'x-1', effectiveAt: '2026-11-17T14:03:07.123456Z', metadata: { a: { b: 1.5 } } },
        },
      },
    });
    expect(read('withdrawal', [{ from: 'a', amount: '5' }], { externalId: 'e\u0301' })).toMatchObject({
      faults: { 'terms.externalId': expect.any(String) },
    });
    expect(read('withdrawal', [{ from: 'a', amount: '5' }], { reference: 'a\0b' })).toMatchObject({
      faults: { 'terms.reference': expect.any(String) },
    });
  });
});

describe('readMetadata', () => {
  it('takes objects, and nothing that would change on the way', () => {
    const metadata = { n: 123456789012345, f: 0.1, e: 1000, 'a:b': [{ a: ':' }, { a: '"' }] };
    expect(readMetadata(JSON.stringify(metadata))).toEqual({ metadata });
    expect(readMetadata('{"e": 1e3}')).toEqual({ metadata: { e: 1000 } });
  });

  it.each([
    ['{"n": 9007199254740993}', 'A number is too long to be kept exactly'],
    ['{"n": 0.1234567890123456789}', 'A number is too long to be kept exactly'],
    ['{"a": 1, "a": 2}', 'A name is there twice'],
    ['{"b": [{"a": {"c": 1, "c": 2}}]}', 'A name is there twice'],
    ['[]', 'A JSON object'],
    ['null', 'A JSON object'],
    ['"a"', 'A JSON object'],
    ['1', 'A JSON object'],
    ['{', 'That is no JSON'],
    ['', 'That is no JSON'],
  ])('says what is wrong with %j', (text, words) => expect(readMetadata(text)).toEqual({ fault: expect.stringContaining(words) }));
});
