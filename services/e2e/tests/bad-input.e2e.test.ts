import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BAD_INPUT, BAD_INPUT_ACCOUNTS, BAD_INPUT_LEDGER, type BadInput } from '@ledgerflow/admin-gateway/testing';
import type { ApiClient } from '../stack/client.ts';
import { Stack } from '../stack/stack.ts';

/** The gateway's table of bad requests, against the whole stack: each has its documented status and code and writes nothing. */
describe('bad input', () => {
  let stack: Stack;
  let admin: ApiClient;

  beforeAll(async () => {
    stack = await Stack.start();
    admin = await stack.client({ roles: ['admin'] });
    await admin.seed(BAD_INPUT_LEDGER, { ...BAD_INPUT_ACCOUNTS });
  }, 120_000);
  afterAll(() => stack?.stop());

  async function tokenOf(kind: BadInput['token']): Promise<string | null> {
    const { issuer } = stack;
    const good = await issuer.token({ roles: ['admin'] });
    switch (kind) {
      case undefined:
        return good;
      case 'none':
        return null;
      case 'expired':
        return issuer.token({ roles: ['admin'], expiresInSeconds: -60 });
      case 'unsigned':
        return issuer.unsignedToken({ roles: ['admin'] });
      case 'audience':
        return issuer.token({ roles: ['admin'], audience: 'another' });
      case 'issuer':
        return issuer.token({ roles: ['admin'], issuer: 'https://another.example' });
      case 'tampered': {
        const [header, , signature] = good.split('.');
        const [, payload] = (await issuer.token({ roles: ['admin'], subject: 'someone-else' })).split('.');
        return `${header}.${payload}.${signature}`;
      }
      case 'garbage':
        return 'a.b.c';
      case 'foreign':
        return issuer.token({ roles: ['admin'], ledgers: ['another'] });
      case 'viewer':
        return issuer.token({ roles: ['viewer'] });
    }
  }

  const head = async (): Promise<string> => String((await admin.get(`/ledgers/${BAD_INPUT_LEDGER}`)).body['position']);

  it.each(BAD_INPUT)('$name → $status $code', async (input) => {
    const before = await head();
    const token = await tokenOf(input.token);
    const wanted: Record<string, string | null> = {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(input.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(input.method === 'GET' ? {} : { 'idempotency-key': randomUUID() }),
      ...input.headers,
    };
    const headers = Object.fromEntries(Object.entries(wanted).filter((entry): entry is [string, string] => entry[1] !== null));
    const raw = typeof input.body === 'string' || input.body instanceof Uint8Array;
    const response = await fetch(`${stack.url}/api/v1${input.path}`, {
      method: input.method,
      headers,
      body: input.body === undefined ? undefined : raw ? (input.body as string) : JSON.stringify(input.body),
    });
    const problem = (await response.json()) as { code: string; field?: string; requestId: string };
    expect({ status: response.status, code: problem.code }).toEqual({ status: input.status, code: input.code });
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    if (input.field !== undefined) expect(problem.field).toBe(input.field);
    expect(problem.requestId).toBe(response.headers.get('x-request-id'));
    expect(await head()).toBe(before);
  });
});
