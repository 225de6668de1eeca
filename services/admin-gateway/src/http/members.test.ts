import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { countMembers, repeatedMember } from './members.ts';

const NAMES = ['a', 'b', '', 'a:"{', '\\', 'é"', '__proto__', '1'];
const name = fc.constantFrom(...NAMES);
const blank = fc.constantFrom('', ' ', '\n\t');

/** JSON with what was written: how many members, and where the first one is whose name was there. */
interface Written {
  text: string;
  members: number;
  repeated: readonly (string | number)[] | null;
}

const below = (place: string | number, path: Written['repeated']): Written['repeated'] => path && [place, ...path];

function objectOf(members: [string, Written, string][]): Written {
  const seen = new Set<string>();
  let repeated: Written['repeated'] = null;
  for (const [key, value] of members) {
    repeated ??= seen.has(key) ? [key] : below(key, value.repeated);
    seen.add(key);
  }
  return {
    text: `{${members.map(([key, { text }, space]) => `${space}${JSON.stringify(key)}${space}:${space}${text}`).join(',')}}`,
    members: members.reduce((sum, [, value]) => sum + 1 + value.members, 0),
    repeated,
  };
}

const { json } = fc.letrec<{ json: Written }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc
      .oneof(name, fc.string({ unit: 'binary' }), fc.integer(), fc.constant(null))
      .map((value): Written => ({ text: JSON.stringify(value), members: 0, repeated: null })),
    fc.array(tie('json'), { maxLength: 4 }).map((items): Written => ({
      text: `[${items.map(({ text }) => text).join(',')}]`,
      members: items.reduce((sum, { members }) => sum + members, 0),
      repeated: items.reduce<Written['repeated']>((first, { repeated }, i) => first ?? below(i, repeated), null),
    })),
    fc.array(fc.tuple(name, tie('json'), blank), { maxLength: 4 }).map(objectOf),
  ),
}));

describe('the members of a JSON text', () => {
  it('are counted, and the first that is repeated is named', () => {
    fc.assert(
      fc.property(json, ({ text, members, repeated }) => {
        JSON.parse(text);
        expect([countMembers(Buffer.from(text)), repeatedMember(text)]).toEqual([members, repeated?.join('.') ?? null]);
      }),
      { numRuns: 2_000 },
    );
  });
});
