import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { silentLogger } from '@ledgerflow/platform/log';
import { API_BASE } from '../contract/registry.ts';
import { Deployment } from '../ops/deployment.ts';
import { ROUTES } from '../routes/index.ts';
import { TestGateway } from '../test/gateway.ts';
import { TestAudit, TestOperations } from '../test/operations.ts';

/**
 * Who may call what, written down here by hand: what the routes declare is held against it, so that a changed declaration is seen. Every call goes to the listener as it is.
 * Roles: viewer ⊂ operator, viewer ⊂ auditor, admin is all of them.
 */
const VIEWERS = ['viewer', 'operator', 'auditor', 'admin'];
const OPERATORS = ['operator', 'admin'];
const AUDITORS = ['auditor', 'admin'];
const ADMINS = ['admin'];
const ANYBODY = 'anybody with a token';

/**
 * What the grants of a caller with the right role decide. path: those for the ledger in the path. every: `*` is needed. none: nothing. The others: a caller with a grant for another
 * ledger only is told that the thing is not there (404), or that it may not be used (403), or is shown a list without it (hidden).
 */
type Grant = 'path' | 'every' | 'none' | 403 | 404 | 'hidden';

const EXPECTED: Record<string, [who: readonly string[] | typeof ANYBODY, grant: Grant]> = {
  'GET /me': [ANYBODY, 'none'],

  'GET /ledgers': [VIEWERS, 'hidden'],
  'POST /ledgers': [ADMINS, 'every'],
  'GET /ledgers/{ledger}': [VIEWERS, 'path'],
  'POST /ledgers/{ledger}/currencies': [ADMINS, 'path'],
  'GET /ledgers/{ledger}/trial-balance': [VIEWERS, 'path'],
  'GET /ledgers/{ledger}/activity': [VIEWERS, 'path'],
  'GET /ledgers/{ledger}/balances': [VIEWERS, 'path'],
  'GET /ledgers/{ledger}/events': [VIEWERS, 'path'],
  'GET /ledgers/{ledger}/events/stream': [VIEWERS, 'path'],

  'GET /ledgers/{ledger}/accounts': [VIEWERS, 'path'],
  'POST /ledgers/{ledger}/accounts': [ADMINS, 'path'],
  'GET /ledgers/{ledger}/account-search': [VIEWERS, 'path'],
  'GET /ledgers/{ledger}/accounts/{account}': [VIEWERS, 'path'],
  'PATCH /ledgers/{ledger}/accounts/{account}': [ADMINS, 'path'],
  'POST /ledgers/{ledger}/accounts/{account}/freeze': [ADMINS, 'path'],
  'POST /ledgers/{ledger}/accounts/{account}/unfreeze': [ADMINS, 'path'],
  'POST /ledgers/{ledger}/accounts/{account}/close': [ADMINS, 'path'],
  'GET /ledgers/{ledger}/accounts/{account}/balance': [VIEWERS, 'path'],
  'GET /ledgers/{ledger}/accounts/{account}/daily-balances': [VIEWERS, 'path'],
  'GET /ledgers/{ledger}/accounts/{account}/entries': [VIEWERS, 'path'],
  'GET /ledgers/{ledger}/accounts/{account}/events': [VIEWERS, 'path'],

  'POST /ledgers/{ledger}/accounts/{account}/deposits': [OPERATORS, 'path'],
  'POST /ledgers/{ledger}/accounts/{account}/withdrawals': [OPERATORS, 'path'],
  'POST /ledgers/{ledger}/transfers': [OPERATORS, 'path'],
  'POST /ledgers/{ledger}/transactions': [OPERATORS, 'path'],
  'POST /ledgers/{ledger}/transactions/batch': [OPERATORS, 'path'],
  'GET /ledgers/{ledger}/transactions': [VIEWERS, 'path'],
  'GET /ledgers/{ledger}/transactions/{transaction}': [VIEWERS, 'path'],

  'GET /admin/health': [ADMINS, 'none'],
  'GET /admin/outbox': [ADMINS, 'every'],
  'GET /admin/projections': [ADMINS, 'every'],
  'GET /admin/projections/{projection}/rebuilds': [ADMINS, 'hidden'],
  'POST /admin/projections/{projection}/rebuilds': [ADMINS, 403],
  'GET /admin/projections/{projection}/rebuilds/{rebuild}': [ADMINS, 404],
  'DELETE /admin/projections/{projection}/rebuilds/{rebuild}': [ADMINS, 404],
  'GET /admin/dlq': [ADMINS, 'hidden'],
  'POST /admin/dlq/retry-all': [ADMINS, 403],
  'GET /admin/dlq/repairs/{repair}': [ADMINS, 404],
  'GET /admin/dlq/{deadLetter}': [ADMINS, 404],
  'POST /admin/dlq/{deadLetter}/retry': [ADMINS, 404],
  'POST /admin/dlq/{deadLetter}/discard': [ADMINS, 404],
  'GET /admin/audit': [AUDITORS, 'hidden'],
  'GET /admin/audit/export': [AUDITORS, 'hidden'],
};
/** Bodies with which a call gets as far as its handler's own look at the grant. */
const BODIES: Record<string, unknown> = {
  'POST /admin/projections/{projection}/rebuilds': { ledger: 'own' },
  'POST /admin/dlq/retry-all': { ledger: 'own' },
  'POST /admin/dlq/{deadLetter}/discard': { reason: 'x' },
};

const ROLES: readonly string[][] = [[], ['viewer'], ['operator'], ['auditor'], ['admin'], ['root']];
const GRANTS: readonly string[][] = [[], ['own'], ['foreign'], ['*']];

interface Seen {
  status: number;
  code: unknown;
  text: string;
}

describe('who may call what', () => {
  let test: TestGateway;
  let params: Record<string, string>;

  beforeAll(async () => {
    const builder = new TestOperations();
    const deployment = new Deployment([], silentLogger);
    deployment.outbox = () => Promise.resolve({ relay: 'off', data: [] });
    test = await TestGateway.start({
      operations: builder.operations,
      repairOutcomes: builder.outcomes,
      audit: new TestAudit(),
      deployment,
    });
    for (const ledger of ['own', 'foreign']) await test.seed(ledger, { alice: '100.00', bob: '0' });
    const letter = builder.letter('own', 7n);
    builder.ledgers = ['own', 'foreign'];
    const { operations } = builder;
    const repair = await operations.requestRepair({ kind: 'retry', deadLetter: letter.id, ledger: 1, reason: null, actor: 'ann' });
    const rebuild = await operations.requestRebuild({
      projection: 'account_summary',
      ledger: 'own',
      account: null,
      maxRate: null,
      isProveOnly: false,
      actor: 'ann',
    });
    params = {
      account: 'alice',
      transaction: '2',
      projection: 'account_summary',
      deadLetter: String(letter.id),
      repair,
      rebuild: rebuild!,
    };
    // Something of the ledger for the lists of what was done.
    expect((await test.post('/admin/dlq/1/retry', undefined)).status).toBe(200);
  });
  afterAll(() => test.stop());

  const fill = (path: string, ledger: string): string =>
    path.replaceAll(/\{(\w+)\}/g, (_whole, name: string) => (name === 'ledger' ? ledger : (params[name] as string)));

  async function ask(name: string, ledger: string, authorization: string | null): Promise<Seen> {
    const [method, path] = name.split(' ') as [string, string];
    const body = BODIES[name];
    const response = await fetch(test.url + API_BASE + fill(path, ledger), {
      method,
      headers: {
        ...(authorization === null ? {} : { authorization }),
        'idempotency-key': randomUUID(),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const isStream = response.headers.get('content-type') === 'text/event-stream';
    if (isStream) await response.body?.cancel();
    const text = isStream ? '' : await response.text();
    const isProblem = response.headers.get('content-type') === 'application/problem+json';
    return { status: response.status, code: isProblem ? (JSON.parse(text) as { code: string }).code : undefined, text };
  }

  const bearer = async (roles: string[], ledgers: string[]): Promise<string> => `Bearer ${await test.token({ roles, ledgers })}`;
  /** What came, in the words of the table: let in, refused, not there, or not shown. */
  function decisionOf(name: string, { status, code, text }: Seen): string {
    if (status === 401 || status === 403) return code === 'forbidden' ? '403' : `${status} ${String(code)}`;
    if (status >= 500) return `${status} ${String(code)}`;
    const grant = EXPECTED[name]![1];
    if (grant === 404 && status === 404) return '404';
    if (grant === 'hidden') return text.includes('"own"') ? 'let in' : 'hidden';
    return 'let in';
  }

  function expectedOf(name: string, roles: string[], ledgers: string[]): string {
    const [who, grant] = EXPECTED[name]!;
    if (who !== ANYBODY && !roles.some((role) => who.includes(role))) return '403';
    if (grant === 'none' || ledgers.includes('*')) return 'let in';
    if (grant === 'every') return '403';
    if (ledgers.includes('own')) return 'let in';
    return grant === 'path' ? '403' : String(grant);
  }

  it('is written down for every route, and for no other', () => {
    expect(ROUTES.map(({ method, path }) => `${method} ${path}`).sort()).toEqual(Object.keys(EXPECTED).sort());
  });

  it('is what the listener does: routes × roles × grants', async () => {
    const wrong: string[] = [];
    let cases = 0;
    for (const roles of ROLES) {
      for (const ledgers of GRANTS) {
        const authorization = await bearer(roles, ledgers);
        for (const name of Object.keys(EXPECTED)) {
          const decided = decisionOf(name, await ask(name, 'own', authorization));
          const expected = expectedOf(name, roles, ledgers);
          cases += 1;
          if (decided !== expected) wrong.push(`${name} for [${roles.join()}] with [${ledgers.join()}]: ${decided}, not ${expected}`);
        }
      }
    }
    expect(wrong).toEqual([]);
    expect(cases).toBe(ROUTES.length * ROLES.length * GRANTS.length);
  });

  it('adds up when somebody has several roles or grants, and nothing is made of names that look like them', async () => {
    const decide = async (name: string, roles: string[], ledgers: string[]): Promise<string> =>
      decisionOf(name, await ask(name, 'own', await bearer(roles, ledgers)));
    expect(await decide('POST /ledgers/{ledger}/transfers', ['auditor', 'operator'], ['foreign', 'own'])).toBe('let in');
    expect(await decide('POST /ledgers/{ledger}/accounts', ['auditor', 'operator'], ['own'])).toBe('403');
    for (const ledgers of [['OWN'], ['ow*'], ['own2'], ['ow'], ['**'], ['.*']])
      expect([ledgers, await decide('GET /ledgers/{ledger}', ['admin'], ledgers)]).toEqual([ledgers, '403']);
    for (const roles of [['Admin'], ['ADMIN'], ['admin,viewer'], ['administrator']])
      expect([roles, await decide('GET /ledgers/{ledger}', roles, ['*'])]).toEqual([roles, '403']);
  });

  it('is nothing without a token', async () => {
    for (const name of Object.keys(EXPECTED))
      expect([name, await ask(name, 'own', null)]).toMatchObject([name, { status: 401, code: 'unauthenticated' }]);
  });

  it('tells nothing of a foreign ledger, not even whether it is there, and however its name is written', async () => {
    const authorization = await bearer(['admin'], ['foreign']);
    for (const name of Object.keys(EXPECTED).filter((route) => EXPECTED[route]![1] === 'path')) {
      const answers = await Promise.all(['own', 'is-not-there', '%6Fwn', 'o%77n'].map((ledger) => ask(name, ledger, authorization)));
      const texts = answers.map(({ text }) => text.replace(/"requestId":"[^"]+"/, ''));
      expect([name, answers.map(({ code }) => code)]).toEqual([name, answers.map(() => 'forbidden')]);
      expect([name, new Set(texts).size]).toEqual([name, 1]);
    }
  });
});
