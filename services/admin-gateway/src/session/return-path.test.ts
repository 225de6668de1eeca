import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { returnPath } from './return-path.ts';

const SITE = 'https://ledger.example';

describe('where a sign-in returns to', () => {
  it.each([
    '/',
    '/docs',
    '/ledgers/main?status=open&q=a%20b',
    '/accounts/%40world%3AUSD',
    '/docs#/Accounts',
    '/a//b',
    '/docs?next=//evil.example',
  ])('keeps %j', (path) => expect(returnPath(path)).toBe(path));

  it.each([
    undefined,
    null,
    '',
    'docs',
    'https://evil.example/',
    'javascript:alert(1)',
    '//evil.example',
    '///evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/\t/evil.example',
    '/\n/evil.example',
    ' //evil.example',
    '/docs\r\nset-cookie: a=b',
    '/.//evil.example',
    '/docs/..//evil.example',
    '/%2e%2e//evil.example',
    '/oauth2/sign_out',
    '/x/../oauth2/sign_out',
    '/OAuth2/start',
    '/\u2028/evil.example',
    `/${'a'.repeat(2_000)}`,
  ])('makes the root of %j', (path) => expect(returnPath(path)).toBe('/'));

  it('never leaves the site', () => {
    const piece = fc.constantFrom('/', '\\', '//', '.', '..', '%2f', '%5c', '\t', '@', ':', 'evil.example', 'http:', '?', '#', 'a');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        expect(new URL(returnPath(pieces.join('')), `${SITE}/oauth2/callback`).origin).toBe(SITE);
      }),
      { numRuns: 5_000 },
    );
  });
});
