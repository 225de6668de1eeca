import { describe, expect, it } from '@jest/globals';
import { Cookies } from './cookies.ts';

const plain = new Cookies(false);
const secure = new Cookies(true);
/** The header that a browser sends after these lines. */
const sent = (lines: readonly string[]): string =>
  lines
    .filter((line) => !line.includes('Max-Age=0'))
    .map((line) => line.split(';')[0])
    .join('; ');

describe('cookies of a session', () => {
  it('are for this host only, out of reach of pages and of other sites', () => {
    expect(secure.set(undefined, 'session', 'abc', 60)).toEqual([
      '__Host-ledgerflow_session=1~abc; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure',
    ]);
    expect(plain.set(undefined, 'session', 'abc', 60)).toEqual(['ledgerflow_session=1~abc; Path=/; Max-Age=60; HttpOnly; SameSite=Lax']);
  });

  it.each([1, 3_800, 3_801, 7_600, 7_601, 11_400])('carry %d characters, none larger than a browser keeps', (length) => {
    const value = Array.from({ length }, (_, index) => String.fromCharCode(97 + (index % 26))).join('');
    const lines = secure.set(undefined, 'session', value, 3_600)!;
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(4_096);
    expect(secure.read(`other=1; ${sent(lines)}; last=2`, 'session')).toBe(value);
  });

  it('refuse what no server would take back', () => expect(plain.set(undefined, 'session', 'a'.repeat(11_401), 60)).toBeNull());

  it('take back the rest of a longer one', () => {
    const before = sent(plain.set(undefined, 'session', 'a'.repeat(8_000), 60)!);
    const lines = plain.set(before, 'session', 'short', 60)!;
    expect(lines.slice(1)).toEqual([1, 2].map((index) => `ledgerflow_session_${index}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax`));
    expect(plain.clear(before, 'session')).toHaveLength(3);
    expect(plain.clear('a=b', 'session')).toEqual([]);
  });

  it.each([
    ['nothing', undefined],
    ['another name', 'xledgerflow_session=1~abc'],
    ['no count', 'ledgerflow_session=abc'],
    ['a count of none', 'ledgerflow_session=0~abc'],
    ['too many', 'ledgerflow_session=9~abc'],
    ['a part missing', 'ledgerflow_session=2~abc'],
    ['two of one name', 'ledgerflow_session=1~abc; ledgerflow_session=1~abd'],
    ['two of a part', 'ledgerflow_session=2~abc; ledgerflow_session_1=x; ledgerflow_session_1=y'],
  ])('are none with %s', (_, header) => expect(plain.read(header, 'session')).toBeNull());
});
