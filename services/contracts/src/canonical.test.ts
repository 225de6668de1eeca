import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { canonicalJson, detailsHash } from './canonical.ts';

describe('canonical JSON', () => {
  it('sorts keys by UTF-16 code units and leaves no blanks', () => {
    expect(canonicalJson({ b: [1, { d: null, c: true }], a: 'x', '10': 1, '9': 2, '\ud83d\ude00': 1, '\ufb33': 2, u: undefined })).toBe(
      '{"10":1,"9":2,"a":"x","b":[1,{"c":true,"d":null}],"\ud83d\ude00":1,"\ufb33":2}',
    );
  });

  it('is the same for any order of keys, and still the same JSON', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (object) => {
        const parsed = JSON.parse(JSON.stringify(object)) as Record<string, unknown>;
        const reversed = Object.fromEntries(Object.entries(parsed).reverse());
        expect(canonicalJson(reversed)).toBe(canonicalJson(parsed));
        expect(JSON.parse(canonicalJson(parsed))).toEqual(parsed);
      }),
      { verbose: 1 },
    );
  });

  it('is what the hash of details covers, behind the salt', () => {
    const salt = '000102030405060708090a0b0c0d0e0f';
    const expected = createHash('sha256')
      .update(Buffer.from(salt, 'hex'))
      .update('{"metadata":{"a":1,"b":2},"reference":"é"}', 'utf8')
      .digest('hex');
    expect(detailsHash(salt, { reference: 'é', metadata: { b: 2, a: 1 } })).toBe(expected);
  });
});
