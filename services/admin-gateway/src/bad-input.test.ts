import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PROBLEMS } from '@ledgerflow/contracts';
import { BAD_INPUT, BAD_INPUT_ACCOUNTS, BAD_INPUT_LEDGER, type BadInput } from './test/bad-input.ts';
import { TestGateway } from './test/gateway.ts';

describe('bad input', () => {
  let test: TestGateway;
  beforeAll(async () => {
    test = await TestGateway.start();
    await test.seed(BAD_INPUT_LEDGER, BAD_INPUT_ACCOUNTS);
  });
  afterAll(() => test.stop());

  async function tokenOf(kind: BadInput['token']): Promise<string | null> {
    const good = await test.token();
    switch (kind) {
      case undefined:
        return good;
      case 'none':
        return null;
      case 'expired':
        return test.token({ expiresInSeconds: -60 });
      case 'unsigned':
        return test.issuer.unsigned();
      case 'audience':
        return test.token({ audience: 'another' });
      case 'issuer':
        return test.token({ issuer: 'https://another.example' });
      case 'tampered': {
        const [header, , signature] = good.split('.');
        const [, payload] = (await test.token({ roles: ['admin'], subject: 'someone-else' })).split('.');
        return `${header}.${payload}.${signature}`;
      }
      case 'garbage':
        return 'a.b.c';
      case 'foreign':
        return test.token({ ledgers: ['another'] });
      case 'viewer':
        return test.token({ roles: ['viewer'] });
    }
  }

  it('comes in at least 60 kinds', () => {
    expect(BAD_INPUT.length).toBeGreaterThanOrEqual(60);
    expect(new Set(BAD_INPUT.map(({ name }) => name)).size).toBe(BAD_INPUT.length);
  });

  it.each(BAD_INPUT)('$name → $status $code', async (input) => {
    const before = await test.head(BAD_INPUT_LEDGER);
    const token = await tokenOf(input.token);
    const hasBody = input.body !== undefined;
    const headers: Record<string, string | null> = {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(hasBody ? { 'content-type': 'application/json' } : {}),
      ...(input.method === 'GET' ? {} : { 'idempotency-key': randomUUID() }),
      ...input.headers,
    };
    const sent = Object.fromEntries(Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== null));
    const body =
      typeof input.body === 'string'
        ? input.body
        : input.body instanceof Uint8Array
          ? (input.body as Uint8Array<ArrayBuffer>)
          : hasBody
            ? JSON.stringify(input.body)
            : undefined;
    const reply = await test.raw(input.method, `/api/v1${input.path}`, sent, body);
    expect({ status: reply.status, code: reply.body['code'], title: reply.body['title'] }).toEqual({
      status: input.status,
      code: input.code,
      title: PROBLEMS[input.code].title,
    });
    expect(reply.headers.get('content-type')).toBe('application/problem+json');
    expect(reply.body['requestId']).toBe(reply.headers.get('x-request-id'));
    if (input.field !== undefined) expect(reply.body['field']).toBe(input.field);
    if (input.status === 401) expect(reply.headers.get('www-authenticate')).toContain('Bearer');
    expect(await test.head(BAD_INPUT_LEDGER)).toBe(before);
  });
});
