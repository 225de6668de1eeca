import { describe, expect, it } from '@jest/globals';
import { commandOf, say, terms } from '../memory/fixtures.ts';
import { checkCommand } from './check.ts';

const check = (metadata: string): string | null =>
  checkCommand(commandOf(say.deposit('alice', '1', 'USD', terms({ metadata })), { idempotencyKey: 'key' }));

describe('metadata', () => {
  it.each(['{}', '{"a":{"b":["c",1.5,-9007199254740991,null,true]}}', String.raw`{"a":"\n\u00e9\ud83d\ude00"}`])('takes %s', (metadata) => {
    expect(check(metadata)).toBeNull();
  });

  it.each([
    ['a NUL behind an escape', String.raw`{"a":["x",{"b":"\u0000"}]}`],
    ['a lone surrogate behind an escape', String.raw`{"a":"\ud83d"}`],
    ['a NUL in a name', String.raw`{"a":{"\u0000":1}}`],
    ['a lone surrogate in a name', String.raw`{"\udc00":1}`],
    ['an integer that is not exact', '{"a":[9007199254740992]}'],
    ['a negative integer that is not exact', '{"a":-9007199254740993}'],
    ['a number that is not finite', '{"a":1e400}'],
    ['a list', '[1]'],
    ['nesting too deep to be followed', `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
    ['what is no JSON', '{a:1}'],
  ])('refuses %s', (_, metadata) => {
    expect(check(metadata)).toMatch(/metadata/);
  });
});
