import { describe, expect, it } from '@jest/globals';
import { UnsecuredJWT } from 'jose';
import { Seal, type SealOptions } from './seal.ts';

const FIRST = 'the-first-secret-of-32-characters';
const SECOND = 'the-second-secret-of-32-characters';
let nowMs = Date.parse('2026-03-01T00:00:00Z');
const make = (over: Partial<SealOptions> = {}): Seal =>
  new Seal({ secrets: [FIRST], issuer: 'https://id.example', clientId: 'ledgerflow', now: () => nowMs, ...over });
const content = { token: 'a.b.c' };

describe('what is sealed', () => {
  it('opens where it was made, and tells nothing', async () => {
    const text = await make().seal('session', content, 60);
    expect(await make().open('session', text)).toEqual(content);
    for (const part of text.split('.')) expect(Buffer.from(part, 'base64url').toString('latin1')).not.toContain('a.b.c');
    expect(await make().seal('session', content, 60)).not.toBe(text);
  });

  it('ends', async () => {
    const text = await make().seal('session', content, 60);
    nowMs += 59_000;
    expect(await make().open('session', text)).toEqual(content);
    nowMs += 2_000;
    expect(await make().open('session', text)).toBeNull();
  });

  it('is read with an old secret until that is taken out, and made with the newest', async () => {
    const old = await make().seal('session', content, 60);
    const rotated = make({ secrets: [SECOND, FIRST] });
    expect(await rotated.open('session', old)).toEqual(content);
    const fresh = await rotated.seal('session', content, 60);
    expect(await make({ secrets: [SECOND] }).open('session', fresh)).toEqual(content);
    expect(await make({ secrets: [SECOND] }).open('session', old)).toBeNull();
    expect(await make().open('session', fresh)).toBeNull();
  });

  it.each([
    ['another purpose', (text: string) => make().open('seen', text)],
    ['another client', (text: string) => make({ clientId: 'other' }).open('session', text)],
    ['another issuer', (text: string) => make({ issuer: 'https://other.example' }).open('session', text)],
    ['a part cut off', (text: string) => make().open('session', text.slice(0, -5))],
    ['no text', () => make().open('session', '')],
    ['not a JWE', () => make().open('session', 'x'.repeat(11_000))],
    ['a token without protection', () => make().open('session', new UnsecuredJWT({ content }).encode())],
  ])('does not open with %s', async (_, open) => expect(await open(await make().seal('session', content, 60))).toBeNull());

  it('does not open when any character was changed', async () => {
    const text = await make().seal('session', content, 60);
    for (let at = 0; at < text.length; at += 7) {
      const changed = text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);
      // The last character of a part may hold bits that mean nothing.
      if (/[.]|^$/.test(text[at + 1] ?? '')) continue;
      expect(await make().open('session', changed)).toBeNull();
    }
  });
});
