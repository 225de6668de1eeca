import { describe, expect, it } from '@jest/globals';
import { amountLimit, commandOf, NO_LIMIT, say, submissionOf, terms } from '../memory/fixtures.ts';
import type { CommandBody } from './definition.ts';
import { fingerprint, storedKey } from './fingerprint.ts';
import { needsOf } from './needs.ts';

const of = (body: CommandBody, over = {}): string => fingerprint(commandOf(body, over));
const T = say.transfer;

describe('fingerprint', () => {
  it.each<[string, CommandBody, CommandBody]>([
    ['decimals', T('a', 'b', '10.50', 'USD'), T('a', 'b', '10.5', 'USD')],
    [
      'key order of metadata',
      say.update('a', { metadata: '{"x":1,"y":{"p":1,"q":2}}' }),
      say.update('a', { metadata: '{"y":{"q":2,"p":1},"x":1}' }),
    ],
    ['order of versions', T('a', 'b', '1', 'USD', undefined, { a: 1n, b: 2n }), T('a', 'b', '1', 'USD', undefined, { b: 2n, a: 1n })],
    ['empty terms', T('a', 'b', '1', 'USD'), T('a', 'b', '1', 'USD', terms({}))],
    ['the default scope', say.freeze('a', ''), say.freeze('a', 'all')],
  ])('is the same for other %s', (_, one, other) => expect(of(one)).toBe(of(other)));

  it('does not look at who asks, when, or whether it is a dry run', () => {
    expect(of(T('a', 'b', '1', 'USD'), { principal: 3, requestId: 'other', dryRun: true, idempotencyKey: 'k' })).toBe(
      of(T('a', 'b', '1', 'USD')),
    );
  });

  it('differs for everything that is asked for', () => {
    const bodies = [
      T('a', 'b', '1', 'USD'),
      T('b', 'a', '1', 'USD'),
      T('a', 'b', '1.01', 'USD'),
      T('a', 'b', '1', 'EUR'),
      T('a', 'b', '1', 'USD', terms({ reference: 'r' })),
      T('a', 'b', '1', 'USD', terms({ description: 'r' })),
      T('a', 'b', '1', 'USD', terms({ externalId: 'r' })),
      T('a', 'b', '1', 'USD', terms({ metadata: '{}' })),
      T('a', 'b', '1', 'USD', terms({ effectiveAt: 5n })),
      T('a', 'b', '1', 'USD', undefined, { a: 1n }),
      say.post([['a', 'b', '1', 'USD']]),
      say.batch(say.post([['a', 'b', '1', 'USD']])),
      say.deposit('a', '1', 'USD'),
      say.withdraw('a', '1', 'USD'),
      say.withdraw('a', '1', 'USD', undefined, 1n),
      say.open('a', 'USD'),
      say.open(undefined, 'USD'),
      say.open('a', 'USD', { minBalance: NO_LIMIT }),
      say.open('a', 'USD', { maxBalance: NO_LIMIT }),
      say.open('a', 'USD', { maxBalance: amountLimit('1') }),
      say.open('a', 'USD', { name: 'n' }),
      say.open('a', 'USD', { ownerId: 'n' }),
      say.update('a', { name: 'n' }),
      say.update('a', { name: 'n', expectedVersion: 1n }),
      say.freeze('a'),
      say.freeze('a', 'debits'),
      say.unfreeze('a'),
      say.close('a'),
      say.openLedger(),
      say.openLedger('USD'),
      say.addCurrency('USD'),
      say.addCurrency('USD', 2),
    ];
    expect(new Set(bodies.map((body) => of(body))).size).toBe(bodies.length);
  });

  it('is fixed: stored fingerprints outlive releases', () => {
    expect(of(T('alice', 'bob', '12.340', 'USD', terms({ reference: 'r', metadata: '{"b":1,"a":2}' })))).toBe(
      '8fedda70cd5e2c46e96944b24225e3ca',
    );
    expect(storedKey('api', 'alice', 'key-1')).toBe('b24df6173ae5a10c2e346d6d7c2bbbe1');
  });
});

it('keeps stored keys of other principals, classes and cuts apart', () => {
  const keys = [
    storedKey('api', 'a', 'b'),
    storedKey('api', 'ab', ''),
    storedKey('api', 'b', 'a'),
    storedKey('saga', 'a', 'b'),
    storedKey('ap', 'ia', 'b'),
  ];
  expect(new Set(keys).size).toBe(keys.length);
  for (const key of keys) expect(key).toMatch(/^[0-9a-f]{32}$/);
});

it('needs exactly what its commands name', () => {
  const list = [
    submissionOf(commandOf(say.deposit('a', '1', 'USD', terms({ externalId: 'o' }))), 'k1'),
    submissionOf(commandOf(T('a', 'b', '1', 'USD', undefined, { c: 1n })), 'k2'),
    submissionOf(commandOf(say.batch(say.post([['d', 'e', '1', 'USD']], terms({ externalId: 'p' })))), 'k3'),
    submissionOf(commandOf(say.open(undefined, 'EUR', { initialBalance: '1' })), 'k4'),
    submissionOf(commandOf(say.close('a')), 'k1'),
  ];
  const needs = needsOf(list);
  expect(needs.accounts).toEqual(['@world:USD', 'a', 'b', 'c', 'd', 'e', `a-${list[3]?.key}`, '@world:EUR']);
  expect(needs.externalIds).toEqual(['o', 'p']);
  expect(needs.keys).toEqual(list.slice(0, 4).map(({ key }) => key));
});
