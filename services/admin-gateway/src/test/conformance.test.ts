import { describe, expect, it } from '@jest/globals';
import { Conformance, type Exchange } from './conformance.ts';

const problem = { type: 'urn:x', title: 'x', status: 404, code: 'x', detail: 'x', requestId: 'x' };
const transfers: Exchange = {
  method: 'POST',
  path: '/api/v1/ledgers/main/transfers?dryRun=true',
  status: 201,
  contentType: 'application/json; charset=utf-8',
  text: JSON.stringify({
    transactionId: '1',
    position: '1',
    recordedAt: '2026-11-21T04:51:40.123456Z',
    effectiveAt: '2026-11-21T04:51:40.123456Z',
    entries: [],
  }),
  headers: new Headers({ 'X-Request-Id': 'x', 'Content-Type': 'x' }),
};
const withHeaders = (headers: Record<string, string>): Headers => new Headers({ 'X-Request-Id': 'x', ...headers });
const changed = (change: Record<string, unknown>): string => JSON.stringify({ ...(JSON.parse(transfers.text) as object), ...change });

describe('the check of answers against the document', () => {
  const conformance = new Conformance();
  const mistake = (over: Partial<Exchange>): string | null => conformance.mistake({ ...transfers, ...over });

  it('takes what is described', () => {
    expect(mistake({})).toBeNull();
    expect(mistake({ status: 404, contentType: 'application/problem+json', text: JSON.stringify(problem) })).toBeNull();
    expect(mistake({ method: 'GET', path: '/readyz', status: 418 })).toBeNull();
    expect(
      mistake({ method: 'PUT', status: 405, contentType: 'application/problem+json', text: JSON.stringify({ ...problem, status: 405 }) }),
    ).toBeNull();
  });

  it.each([
    ['a status that is not documented', { status: 200 }, /which createTransfer does not document/],
    ['another media type', { contentType: 'text/html' }, /with text\/html/],
    ['no media type', { contentType: null }, /with no media type/],
    ['what is not JSON', { text: '{' }, /not JSON/],
    ['a missing member', { text: changed({ position: undefined }) }, /must have required property 'position'/],
    ['a member that is not described', { text: changed({ secret: 1 }) }, /must NOT have additional properties/],
    ['a time of another format', { text: changed({ recordedAt: 'yesterday' }) }, /must match format/],
    ['no X-Request-Id', { headers: new Headers() }, /without the header X-Request-Id/],
    ['a header that is not described', { headers: withHeaders({ ETag: '"1"' }) }, /with the header etag, which is not described/],
    [
      'an account without its version',
      { path: '/api/v1/ledgers/main/accounts/a/freeze', status: 200, headers: withHeaders({}) },
      /without the header ETag/,
    ],
    ['success of no operation', { path: '/api/v1/nothing' }, /no such operation/],
    ['a problem that is none', { status: 404, contentType: 'application/problem+json', text: '{}' }, /must have required property/],
  ] satisfies [string, Partial<Exchange>, RegExp][])('refuses %s', (_name, over, expected) => expect(mistake(over)).toMatch(expected));

  it.each([
    ['/api/v1/ledgers/main/transfers', 503, 'Retry-After'],
    ['/api/v1/ledgers/main/transfers', 429, 'Retry-After'],
    ['/api/v1/nothing', 503, 'Retry-After'],
    ['/api/v1/ledgers/main/transfers', 401, 'WWW-Authenticate'],
  ])('of %s asks %d for %s', (path, status, header) => {
    const of = (headers: Record<string, string>): string | null =>
      mistake({ path, status, contentType: 'application/problem+json', text: JSON.stringify(problem), headers: withHeaders(headers) });
    expect(of({})).toMatch(`without the header ${header}`);
    expect(of({ [header]: '1' })).toBeNull();
  });

  it('takes a literal segment before a parameter', () =>
    expect(mistake({ path: '/api/v1/ledgers/main/transactions/batch', status: 299 })).toMatch(/createTransactionBatch/));
});
