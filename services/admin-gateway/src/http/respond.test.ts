import { expect, test } from '@jest/globals';
import { knownProblem } from './respond.ts';

test.each<[string, Error, string | undefined]>([
  ['a pool that had no connection free', new Error('timeout exceeded when trying to connect'), 'overloaded'],
  ['a query that took too long', Object.assign(new Error('canceling statement'), { code: '57014' }), 'overloaded'],
  ['a database that refuses connections', Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }), 'unavailable'],
  ['a broken pipe to it', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }), 'unavailable'],
  ['a defect of ours', new TypeError('undefined is not a function'), undefined],
])('%s', (_, error, code) => expect(knownProblem(error)?.code).toBe(code));
