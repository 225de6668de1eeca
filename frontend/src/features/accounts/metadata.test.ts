import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Json, metadataOf, mistakesOf, pairsOf, textOf, valueOf } from './metadata.ts';

it('comes back as it was, whatever JSON it is', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      // JSON has one zero, and so has the API.
      const sent = JSON.parse(JSON.stringify(value)) as Json;
      expect(valueOf(textOf(sent))).toEqual({ value: sent });
    }),
  );
});

it('shows a text that looks like JSON in quotes, others bare', () => {
  expect(['gold', '12', 'true', '', '{a', '"q'].map(textOf)).toEqual(['gold', '"12"', '"true"', '', '"{a"', String.raw`"\"q"`]);
  expect(textOf({ a: [1, null] })).toBe('{"a":[1,null]}');
});

it('says what is wrong with a row', () => {
  const rows = [
    { id: 0, key: 'a', text: '1' },
    { id: 1, key: 'a', text: 'x' },
    { id: 2, key: '', text: 'x' },
    { id: 3, key: 'b', text: '{"a":' },
    { id: 4, key: '', text: '' },
  ];
  expect([...mistakesOf(rows)]).toEqual([
    [1, 'twice'],
    [2, 'empty'],
    [3, 'json'],
  ]);
  expect(metadataOf(pairsOf({ tier: 'gold', limit: 5 }))).toEqual({ tier: 'gold', limit: 5 });
});
