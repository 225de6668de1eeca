import { describe, expect, it } from '@jest/globals';
import { withoutCredentials, withoutSecrets } from './index.ts';

describe('what a log line keeps to itself', () => {
  it('secrets by their names, down to two levels', () => {
    const line = {
      token: 'x',
      ids: ['a'],
      request: { authorization: 'x', path: '/' },
      a: { b: { password: 'x', kept: 1 } },
      list: [{ secret: 'x' }],
    };
    expect(withoutSecrets(line)).toEqual({
      token: '[redacted]',
      ids: ['a'],
      request: { authorization: '[redacted]', path: '/' },
      a: { b: { password: '[redacted]', kept: 1 } },
      list: [{ secret: '[redacted]' }],
    });
    expect(line.token).toBe('x');
  });

  it('leaves a line without secrets as it is', () => {
    const line = { status: 201, err: new Error('x'), nested: { list: [1, null] } };
    expect(withoutSecrets(line)).toBe(line);
  });

  it('passwords in addresses', () => {
    expect(withoutCredentials('connect postgres://me:pass@host/db')).toBe('connect postgres://me:***@host/db');
  });
});
