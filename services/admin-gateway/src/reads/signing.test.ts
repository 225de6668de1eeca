import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { createPrincipal } from '../auth/principal.ts';
import { ConsistencyTokens } from './consistency.ts';
import { Cursors } from './cursors.ts';
import { Signer } from './signing.ts';

const SECRET = 'one secret of thirty-two letters';
const principal = createPrincipal('me', ['viewer'], ['a', 'b'], 0);

describe('consistency tokens', () => {
  const tokens = new ConsistencyTokens(SECRET);
  const place = (epoch: number, position: bigint) => ({ epoch, position });

  it('come back as they were, and combine by maximum', () => {
    const [first, second] = [tokens.issue('a', place(1, 5n)), tokens.issue('a', place(1, 7n))];
    expect(tokens.parse('a', first)).toEqual(place(1, 5n));
    expect(tokens.parse('a', `${second}, ${first}`)).toEqual(place(1, 7n));
    expect(tokens.parse('a', tokens.issue('a', place(2, 1n)) + ',' + second)).toEqual(place(2, 1n));
    expect(tokens.parse('a', undefined)).toBeNull();
  });

  it('are refused when of another ledger, secret or purpose, or changed', () => {
    const token = tokens.issue('a', place(1, 5n));
    const refused = (ledger: string, header: string) =>
      expect(() => tokens.parse(ledger, header)).toThrow(expect.objectContaining({ code: 'invalid_consistency_token' }));
    refused('b', token);
    refused('a', new ConsistencyTokens('another secret of thirty-two let').issue('a', place(1, 5n)));
    refused('a', `${token.slice(0, -2)}AA`);
    refused('a', `${token}=`);
    refused('a', '');
    refused('a', new Cursors(SECRET).issue({ route: 'x', ledger: 'a', filters: {}, principal }, { id: 'x' }));
  });
});

describe('cursors', () => {
  const cursors = new Cursors(SECRET);
  const scope = { route: 'list', ledger: 'a', filters: { status: 'open', limit: 5 }, principal };
  const cursor = cursors.issue(scope, { id: 'x' });

  it('open for the list they came from, whatever the limit', () => {
    expect(cursors.open(scope, cursor)).toEqual({ id: 'x' });
    expect(cursors.open({ ...scope, filters: { status: 'open', limit: 9, cursor } }, cursor)).toEqual({ id: 'x' });
    expect(cursors.open(scope, undefined)).toBeNull();
  });

  it.each([
    ['route', { ...scope, route: 'other' }],
    ['ledger', { ...scope, ledger: 'b' }],
    ['filters', { ...scope, filters: { status: 'closed' } }],
    ['grant', { ...scope, principal: createPrincipal('me', ['viewer'], ['a'], 0) }],
  ])('do not open for another %s', (_, other) => {
    expect(() => cursors.open(other, cursor)).toThrow(expect.objectContaining({ code: 'invalid_cursor' }));
  });

  it('do not open when forged', () => {
    const forged = Buffer.concat([Buffer.from(cursor, 'base64url').subarray(0, -3), Buffer.from('y"}')]).toString('base64url');
    expect(() => cursors.open(scope, forged)).toThrow(expect.objectContaining({ code: 'invalid_cursor' }));
  });
});

describe('signatures', () => {
  it.each(['short', SECRET, 'k'.repeat(64), 'a secret that is longer than a block of the hash, and has ünïcödé in it'.repeat(3)])(
    'are HMAC-SHA256 with the secret %s',
    (secret) => {
      const token = Buffer.from(new Signer(secret, 'purpose').sign('text'), 'base64url');
      const expected = createHmac('sha256', secret).update('purpose\0text').digest().subarray(0, 16);
      expect(token.subarray(0, 16)).toEqual(expected);
      expect(token.subarray(16).toString()).toBe('text');
    },
  );
});
