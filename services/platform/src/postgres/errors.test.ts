import { expect, test } from '@jest/globals';
import { isConnectionError, sqlState } from './errors.ts';

const coded = (code: string): Error => Object.assign(new Error('some reason'), { code });

test.each(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', '08006', '57P01', '25P04'])('%s says that the connection is gone', (code) =>
  expect(isConnectionError(coded(code))).toBe(true),
);

test.each(['23505', '40001', 'P0001', 'XX000', 'HV00L', 'EACCES'])('%s does not', (code) =>
  expect(isConnectionError(coded(code))).toBe(false),
);

test.each<[string, string | undefined]>([
  ['23505', '23505'],
  ['HV00L', 'HV00L'],
  ['EPIPE', undefined],
  ['ERR_X', undefined],
])('the SQLSTATE of an error with code %s is %s', (code, expected) => expect(sqlState(coded(code))).toBe(expected));
