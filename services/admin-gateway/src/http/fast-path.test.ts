import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { FastPath } from './fast-path.ts';

/** What a request comes to: the route's name with its parameters, or that it is left to Express. */
function reached(method: string, url: string): string {
  const fast = new FastPath();
  let found = 'express';
  for (const path of ['/v1/ledgers', '/v1/ledgers/{ledger}', '/v1/ledgers/{ledger}/batch', '/v1/ledgers/{ledger}/{other}/end'])
    fast.add('GET', path, (_request, _response, params) => (found = `${path} ${JSON.stringify(params)}`));
  fast.add('POST', '/v1/ledgers', () => (found = 'POST'));
  const listener = fast.listener(() => undefined);
  listener({ method, url } as IncomingMessage, {} as ServerResponse & { req: IncomingMessage });
  return found;
}

describe('the path in front of Express', () => {
  it.each([
    ['GET', '/v1/ledgers', '/v1/ledgers {}'],
    ['POST', '/v1/ledgers?dryRun=true', 'POST'],
    ['GET', '/v1/ledgers/main?a=/b', '/v1/ledgers/{ledger} {"ledger":"main"}'],
    ['GET', '/v1/ledgers/main/batch', '/v1/ledgers/{ledger}/batch {"ledger":"main"}'],
    ['GET', '/v1/ledgers/main/a/end', '/v1/ledgers/{ledger}/{other}/end {"ledger":"main","other":"a"}'],
  ])('finds %s %s', (method, url, expected) => expect(reached(method, url)).toBe(expected));

  it.each([
    ['DELETE', '/v1/ledgers'],
    ['GET', '/v1/ledgers/'],
    ['GET', '/v1/ledgers//batch'],
    ['GET', '/v1/ledgers/ma%69n'],
    ['GET', '/v1/ledgers/main/batch/end'],
    ['GET', '/v1/ledgers/main/'],
    ['GET', 'http://host/v1/ledgers'],
    ['get', '/v1/ledgers'],
    ['GET', '/V1/ledgers'],
    ['GET', '/v1'],
    ['GET', '*'],
    ['GET', ''],
    ['GET', `/v1${'/a'.repeat(50)}`],
  ])('leaves %s %s', (method, url) => expect(reached(method, url)).toBe('express'));

  it('leaves a route whose parameter has another name than the one that was there first', () => {
    const fast = new FastPath();
    const found: string[] = [];
    fast.add('GET', '/v1/{ledger}', (_request, _response, params) => found.push(JSON.stringify(params)));
    fast.add('GET', '/v1/{other}/end', () => found.push('other'));
    const listener = fast.listener(() => found.push('express'));
    for (const url of ['/v1/__proto__', '/v1/main/end']) {
      listener({ method: 'GET', url } as IncomingMessage, {} as ServerResponse & { req: IncomingMessage });
    }
    expect(found).toEqual(['{"ledger":"__proto__"}', 'express']);
  });
});
