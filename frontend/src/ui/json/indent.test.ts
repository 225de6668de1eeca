import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { indentJson } from './indent.ts';

describe('JSON on lines of its own', () => {
  it('says what it said, in the same form as JSON.stringify', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        // A key named __proto__ is dropped when it is parsed.
        fc.pre(!text.includes('__proto__'));
        expect(indentJson(text)).toBe(JSON.stringify(JSON.parse(text), null, 2));
      }),
      { examples: [['{"a":[],"b":{},"c":[{"d":"x\\"}{,"}]}']] },
    );
  });

  it('keeps digits that a number of JavaScript has no room for, and names that stand twice', () => {
    expect(indentJson('{"a":12345678901234567890.10,"a":1}')).toBe('{\n  "a": 12345678901234567890.10,\n  "a": 1\n}');
  });

  it('tells what is no JSON', () => {
    expect(indentJson('{"a":')).toBeNull();
    expect(indentJson('')).toBeNull();
  });
});
