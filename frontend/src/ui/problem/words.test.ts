import { describe, expect, it } from '@jest/globals';
import { absentOf, plain, type Refusal, wordsOf } from './words.ts';

const refusal = (detail: string, given: Partial<Refusal> = {}): Refusal => ({
  code: 'invalid_request',
  title: 'The request does not fit its schema',
  detail,
  field: 'id',
  ...given,
});
const of = (detail: string, field = 'id') => wordsOf(refusal(detail, { field }))?.detail ?? null;
const pattern = (source: string) => of(`The field must match pattern "${source}"`);

describe('a refusal in words', () => {
  it.each([
    ['^(?!\\.{1,2}$)[A-Za-z0-9_.:@-]{1,128}$', 'An id is 1 to 128 letters, digits, and _ . : @ -'],
    ['^[A-Z][A-Z0-9_]{2,15}$', 'A currency is'],
    ['^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$', 'An id as'],
    ['^[0-9]{4}-[0-9]{2}-[0-9]{2}$', 'A day as'],
    ['^(0|[1-9][0-9]{0,17})$', 'A whole number'],
    ['^[A-Za-z.-]{1,64}$', 'A name without spaces'],
    ['\\S', 'It may not be empty'],
    ['^x+$', 'It is not written as it has to be here.'],
  ])('tells a form: %s', (source, told) => {
    expect(pattern(source)).toContain(told);
  });

  it.each([
    ['The id is not one', 'deadLetter', 'A whole number'],
    ['The id is not one', 'account', 'An id is 1 to 128'],
    ['The field must NOT have more than 255 characters', 'name', 'At most 255 characters'],
    ['The field must NOT have fewer than 1 characters', 'q', 'It may not be empty'],
    ['The field must be <= 1000', 'limit', 'At most 1000'],
    ['The field must be equal to one of the allowed values', 'status', 'It is none of those that there are'],
    ['The field is required', 'currency', 'It is missing'],
  ])('tells what does not fit: %s of %s', (detail, field, told) => {
    expect(of(detail, field)).toContain(told);
  });

  it('tells times and amounts, and keeps what the API says of the case', () => {
    const title = 'The time is not RFC 3339 with at most six decimals';
    const time = (detail: string) => wordsOf(refusal(detail, { code: 'invalid_time', title, field: 'at' }));
    expect(time(title)).toMatchObject({ title: 'This is no time', detail: expect.stringContaining('A time as 2026') });
    expect(time('There is no such day')?.detail).toBe('There is no such day');
  });

  it('leaves what is good as it is', () => {
    expect(wordsOf(refusal('An account needs a ledger'))).toBeNull();
    expect(wordsOf(refusal('The field must match pattern "x"', { code: 'a_later_code' }))).toBeNull();
  });
});

describe('a fault of a connection', () => {
  it('is told in words', () => {
    expect(plain('The operation was aborted due to timeout')).toBe('No answer in time');
    expect(plain('connect ECONNREFUSED 10.0.0.1:9090')).toBe('It can not be reached');
    expect(plain('heads can not be compared with checkpoints')).toBe('heads can not be compared with checkpoints');
    expect(wordsOf(refusal('The operation was aborted due to timeout', { code: 'internal', title: 'T' }))).toEqual({
      title: 'T',
      detail: 'No answer in time',
    });
  });
});

describe('what is not there', () => {
  it.each([
    ['account_not_found', { account: 'alice2' }, 'demo', 'There is no account alice2 in ledger demo'],
    ['transaction_not_found', { transaction: '99' }, 'demo', 'There is no transaction 99 in ledger demo'],
    ['ledger_not_found', { ledger: 'other' }, 'other', 'There is no ledger other'],
    ['dead_letter_not_found', { deadLetter: '7' }, undefined, 'There is no dead letter 7'],
    ['account_not_found', {}, 'demo', null],
    ['not_found', { account: 'alice' }, 'demo', null],
  ])('is told by its name: %s', (code, parameters, ledger, told) => expect(absentOf({ code, parameters }, ledger)).toBe(told));
});
