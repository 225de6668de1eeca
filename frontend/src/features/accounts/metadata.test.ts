import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Json, metadataOf, mistakesOf, pairsOf, textOf, valueOf } from './metadata.ts';

it('comes back as it was, whatever JSON it is, or is refused for a number too long', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      // JSON has one zero, and so has the API.
      const sent = JSON.parse(JSON.stringify(value)) as Json;
      const isRefused =
        typeof sent !== 'string' && /\d{15}|e\+/.test(JSON.stringify(sent).replaceAll('.', '')) && 'mistake' in valueOf(textOf(sent));
      if (!isRefused) expect(valueOf(textOf(sent))).toEqual({ value: sent });
    }),
  );
});

it('shows a text that looks like JSON in quotes, others bare', () => {
  expect(['gold', '12', 'true', '', '{a', '"q'].map(textOf)).toEqual(['gold', '"12"', '"true"', '', '"{a"', String.raw`"\"q"`]);
  expect(textOf({ a: [1, null] })).toBe('{"a":[1,null]}');
});

it('refuses numbers that would be changed on the way', () => {
  for (const text of ['12345678901234567890', '{"a":[9007199254740993]}', '0.1234567890123456789', '1e400', '1e-400']) {
    expect(valueOf(text)).toEqual({ mistake: 'number' });
    expect([...mistakesOf([{ id: 0, key: 'a', text }])]).toEqual([[0, 'number']]);
  }
  expect(['123456789012345', '-0.10', '0.0', '1e3', '"12345678901234567890"'].map(valueOf)).toEqual(
    [123456789012345, -0.1, 0, 1000, '12345678901234567890'].map((value) => ({ value })),
  );
  expect(textOf('12345678901234567890')).toBe('"12345678901234567890"');
});

it('refuses a name that is twice in one object, at any depth', () => {
  for (const text of ['{"a":1,"a":2}', '[{"b":{"a":1,"a":1}}]', String.raw`{"a":1,"\u0061":2}`, '{"__proto__":1,"__proto__":2}'])
    expect(valueOf(text)).toEqual({ mistake: 'repeated' });
  for (const text of ['{"a":{"a":1},"b":{"a":1}}', String.raw`{"a:\":":":","b\\":"a:"}`, '{"__proto__":{"a":1}}', 'a:b:c', '["a:a"]'])
    expect(valueOf(text)).toHaveProperty('value');
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
