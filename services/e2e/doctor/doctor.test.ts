import { describe, expect, it } from '@jest/globals';
import type { TopicState } from '@ledgerflow/platform/kafka';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey } from 'jose';
import type { SlotStatus } from '../../ledger-writer/src/outbox/status.ts';
import { context, json, serve } from './checks.fixture.ts';
import { clocks, differenceMs, judgeClock } from './checks/clocks.ts';
import { judgeCertificate } from './checks/connections.ts';
import { judgeHeadless, judgeOutbox, lag } from './checks/lag.ts';
import { tokens } from './checks/tokens.ts';
import { durability, judgeTriggers, roles } from './checks/roles.ts';
import { judgeTopic, topics } from './checks/topics.ts';
import { versions } from './checks/versions.ts';
import type { Database } from './context.ts';
import { examine } from './examine.ts';
import type { Result } from './finding.ts';
import { installationOf } from './installation.ts';
import { summary } from './text.ts';

const found = (results: readonly Result[], status: Result['status']): string[] =>
  results.filter((result) => result.status === status).map(({ subject, message }) => `${subject}: ${message}`);

function fakeDatabase(row: Record<string, unknown>): Database {
  const { databases } = installationOf({ AUDIT_DATABASE_URL: 'postgres://x@127.0.0.1/x' }, '');
  return { ...databases[0]!, query: async () => [row] as never };
}

describe('versions', () => {
  it('tells services of different versions', async () => {
    const [old, current] = [
      await serve(json({ '/healthz': { version: '0.0.9' } })),
      await serve(json({ '/healthz': { version: '0.1.0' } })),
    ];
    const results = await versions(context({ OPS_ADDRESSES: `ledger-writer=${old},read-model-builder=${current}` }));
    expect(found(results, 'fail')).toEqual([
      `services: run different versions: ledger-writer (${old}) 0.0.9, read-model-builder (${current}) 0.1.0`,
    ]);
  });

  it('tells a doctor of another version, and an old PostgreSQL', async () => {
    const old = await serve(json({ '/healthz': { version: '0.0.9' } }));
    const results = await versions(
      context({ OPS_ADDRESSES: `ledger-writer=${old}` }, [fakeDatabase({ number: 160_004, version: '16.4' })]),
    );
    expect(found(results, 'warn')).toEqual(['services: run 0.0.9, this is 0.1.0']);
    expect(found(results, 'fail')).toEqual(['database audit: PostgreSQL 16.4']);
  });
});

describe('clocks', () => {
  it('measures no more than is known', () => {
    expect(differenceMs(1_000, 1_000, 1_500, 1_600)).toBe(0);
    expect(differenceMs(1_000, 0, 900, 1_100)).toBe(0);
    expect(differenceMs(3_000, 1_000, 1_500, 1_600)).toBe(1_400);
    expect(differenceMs(1_000, 1_000, 9_000, 9_100)).toBe(-7_000);
  });

  it.each([
    [1_500, 'ok'],
    [2_100, 'warn'],
    [9_000, 'fail'],
  ])('asked at 1 s and answered at %d ms, by a clock of 1 s: %s', (answeredMs, status) => {
    const clockMs = status === 'fail' ? 20_000 : 1_000;
    expect(judgeClock('c', clockMs, 0, 1_000, answeredMs).status).toBe(status);
  });

  it('tells a database and a service that are behind or ahead', async () => {
    const date = new Date(Date.now() + 60_000).toUTCString();
    const ops = await serve(json({ '/healthz': {} }, { date }));
    const behind = fakeDatabase({ ms: Date.now() - 2_500 });
    const results = await clocks(context({ OPS_ADDRESSES: `ledger-writer=${ops}` }, [behind]));
    expect(found(results, 'fail')).toEqual([expect.stringMatching(/^ledger-writer .*: (59|60)\.\d s ahead of this machine$/)]);
    expect(found(results, 'warn')).toEqual([expect.stringMatching(/^database audit: 2\.\d s behind this machine$/)]);
  });
});

it('a server that may lose what it acknowledged is told', async () =>
  expect(found([await durability(fakeDatabase({ name: 'full_page_writes' }))], 'fail')).toEqual([
    'database audit: full_page_writes off: what was acknowledged can be lost',
  ]));

it.each([
  [{ append_only: 'O', no_truncate: 'A' }, []],
  [{ no_truncate: 'O' }, ['d: triggers that keep tables append-only are missing: append_only on t']],
  [{ append_only: 'R', no_truncate: 'O' }, ['d: triggers that keep tables append-only are disabled: append_only on t']],
  [{ append_only: 'O', no_truncate: 'D' }, ['d: triggers that keep tables append-only are disabled: no_truncate on t']],
] satisfies [Record<string, string>, string[]][])('a table with the triggers %j', (triggers, expected) =>
  expect(found(judgeTriggers('d', { t: ['append_only', 'no_truncate'] }, new Map([['t', { triggers }]])), 'fail')).toEqual(expected),
);

it('a superuser does not hide triggers that are disabled', async () => {
  const { databases } = installationOf({ AUDIT_DATABASE_URL: 'postgres://x@127.0.0.1/x' }, '');
  const triggers = { append_only: 'D', no_truncate: 'O' };
  const tables = ['actions', 'outcomes', 'accesses'].map((name) => ({ name: `audit.${name}`, rights: ['DELETE'], triggers }));
  const query = async (sql: string): Promise<never> =>
    (/rolsuper/.test(sql) ? [{ super: true }] : /pg_trigger/.test(sql) ? tables : []) as never;
  expect(found(await roles(context({}, [{ ...databases[0]!, query }])), 'fail')).toEqual([
    'database audit: ledgerflow_audit_gateway is a superuser',
    'database audit: triggers that keep tables append-only are disabled: append_only on audit.actions, append_only on audit.outcomes, append_only on audit.accesses',
  ]);
});

describe('the records topic', () => {
  const well: TopicState = {
    partitions: 32,
    replicationFactor: 3,
    underReplicated: 0,
    inSyncMin: 3,
    configs: { 'min.insync.replicas': '2', 'max.message.bytes': '8388608' },
  };
  const say = (over: Partial<TopicState> | null): string[] =>
    judgeTopic('t', over === null ? null : { ...well, ...over, configs: { ...well.configs, ...over.configs } }, 32).map(
      ({ status, message }) => `${status} ${message}`,
    );

  it('is well', () => expect(say({})).toEqual(['ok 32 partitions, replication factor 3, min.insync.replicas 2']));
  it.each([
    [null, /^fail does not exist/],
    [{ partitions: 16 }, /^fail has 16 partitions, SLOTS is 32/],
    [{ inSyncMin: 1, underReplicated: 3 }, /^fail 1 replicas are in sync, min.insync.replicas is 2/],
    [{ inSyncMin: 2, underReplicated: 3 }, /^warn 3 partitions lack replicas/],
    [{ replicationFactor: 1, inSyncMin: 1, configs: { 'min.insync.replicas': '1' } }, /^warn replication factor 1/],
    [{ configs: { 'min.insync.replicas': '3' } }, /^warn min.insync.replicas is the replication factor/],
    [{ configs: { 'max.message.bytes': '1048588' } }, /^fail max.message.bytes is 1048588/],
  ] satisfies [Partial<TopicState> | null, RegExp][])('%j', (over, expected) =>
    expect(say(over)).toEqual([expect.stringMatching(expected)]),
  );
});

describe('the outbox', () => {
  const slot: SlotStatus = {
    slot: 0,
    head: 9n,
    cursor: 9n,
    backlog: 0n,
    oldestAgeSeconds: 0,
    holder: 'x',
    isLive: true,
    epoch: 1n,
    breaker: 'closed',
    lastError: null,
    lastErrorAt: null,
  };
  it.each([
    [{}, 'ok nothing waits to be sent'],
    [{ isLive: false }, 'fail no relay holds the slots 0'],
    [{ breaker: 'open', lastError: 'no brokers' }, 'fail the circuit breaker around Kafka is open: no brokers'],
    [{ backlog: 7n, oldestAgeSeconds: 2 }, 'ok 7 records wait to be sent, for 2.0 s'],
    [{ backlog: 7n, oldestAgeSeconds: 20 }, 'warn 7 records wait to be sent, for 20.0 s'],
    [{ backlog: 7n, oldestAgeSeconds: 600 }, 'fail 7 records wait to be sent, for 600.0 s'],
  ])('%j', (over, expected) =>
    expect(judgeOutbox('outbox', [{ ...slot, ...over }], 1).map(({ status, message }) => `${status} ${message}`)).toContain(expected),
  );
  it('that lacks slots', () => expect(found(judgeOutbox('outbox', [slot], 2), 'fail')).toEqual(['outbox: has 1 slots, SLOTS is 2']));
});

describe('certificates', () => {
  const day = 86_400_000;
  it.each([
    [-1, 30, 'ok'],
    [-1, 13, 'warn'],
    [-9, -1, 'fail'],
    [1, 30, 'fail'],
  ])('valid from day %d to %d are %s', (from, to, status) =>
    expect(judgeCertificate('c', 1e12 + from * day, 1e12 + to * day, 1e12).status).toBe(status),
  );
});

describe('tokens', () => {
  interface Issuer {
    url: string;
    key: CryptoKey;
  }
  async function issuer(over: { names?: string; keys?: unknown[] } = {}): Promise<Issuer> {
    const { privateKey, publicKey } = await generateKeyPair('ES256');
    const jwk = { ...(await exportJWK(publicKey)), kid: 'k', alg: 'ES256', use: 'sig' };
    const pages: Record<string, unknown> = { '/jwks': { keys: over.keys ?? [jwk] } };
    const url = `http://${await serve(json(pages))}`;
    pages['/.well-known/openid-configuration'] = { issuer: over.names ?? url, jwks_uri: `${url}/jwks` };
    return { url, key: privateKey };
  }
  const sign = async ({ url, key }: Issuer, claims: Record<string, unknown>, audience = 'ledgerflow', expires = '5 min'): Promise<string> =>
    new SignJWT(claims)
      .setProtectedHeader({ alg: 'ES256', kid: 'k' })
      .setIssuer(url)
      .setAudience(audience)
      .setSubject('s')
      .setExpirationTime(expires)
      .sign(key);
  const grants = { roles: ['viewer'], ledgers: ['*'] };

  it('that have what is needed are well', async () => {
    const it_ = await issuer();
    const results = await tokens(context({ OIDC_ISSUER: it_.url }, [], await sign(it_, grants)));
    expect(results.map(({ status, subject }) => `${status} ${subject}`)).toEqual(['ok JWKS', 'ok token']);
  });

  it.each([
    ['another audience', grants, 'elsewhere', '5 min', /aud/],
    ['an expired one', grants, 'ledgerflow', '-5 min', /exp/],
    ['no role', { ledgers: ['*'] }, 'ledgerflow', '5 min', /its claim roles names no role/],
    ['a role that is none', { roles: ['king'], ledgers: ['*'] }, 'ledgerflow', '5 min', /its claim roles names no role/],
    ['no ledger', { roles: ['viewer'] }, 'ledgerflow', '5 min', /its claim ledgers grants no ledger/],
  ])('with %s fail', async (_name, claims, audience, expires, expected) => {
    const it_ = await issuer();
    const results = await tokens(context({ OIDC_ISSUER: it_.url }, [], await sign(it_, claims, audience, expires)));
    expect(found(results, 'fail')).toEqual([expect.stringMatching(expected)]);
  });

  it('fail without an issuer that answers, calls itself so, and has keys', async () => {
    const gone = await tokens(context({ OIDC_ISSUER: 'http://127.0.0.1:1' }));
    expect(found(gone, 'fail')).toEqual([expect.stringContaining('does not answer')]);
    const other = await issuer({ names: 'https://elsewhere.example' });
    expect(found(await tokens(context({ OIDC_ISSUER: other.url })), 'fail')).toEqual([
      `issuer: calls itself https://elsewhere.example, OIDC_ISSUER is ${other.url}`,
    ]);
    const keyless = await issuer({ keys: [] });
    expect(found(await tokens(context({ OIDC_ISSUER: keyless.url })), 'fail')).toEqual([
      expect.stringContaining('no key to verify signatures'),
    ]);
    expect(found(await tokens(context({ OIDC_JWKS_URL: 'http://127.0.0.1:1/jwks' })), 'fail')).toEqual([
      expect.stringContaining('does not answer'),
    ]);
  });
});

describe('Kafka that the environment does not name', () => {
  const told = async (relay: unknown, isWhole = false): Promise<string[]> => {
    const writer = await serve(json({ '/outbox': { relay, data: [] } }));
    const installation = installationOf({ OPS_ADDRESSES: `ledger-writer=${writer}` }, '', undefined, isWhole);
    const of = { installation, databases: [], nowMs: Date.now };
    return [...(await topics(of)), ...(await lag(of))]
      .filter(({ subject }) => /Kafka|outbox/.test(subject))
      .map(({ status, message }) => `${status} ${message}`);
  };
  const outbox = 'skipped whether records wait for Kafka is not known';

  it('is not used when a writer says so, and where nothing else belongs to the installation', async () => {
    expect(await told('off')).toEqual(['ok is not used: the read side is fed from the log']);
    expect(await told(undefined, true)).toEqual(['ok is not used: the read side is fed from the log']);
  });
  it('is not known else', async () => {
    expect(await told('on')).toEqual(['skipped is used, and its address is not known', outbox]);
    expect(await told(undefined)).toEqual(['skipped whether it is used is not known', outbox]);
  });
});

it('what is named and cannot be asked is not asked for by name again', async () => {
  const url = 'postgres://x@127.0.0.1:1/x';
  const advice = async (environment: Record<string, string>): Promise<unknown> =>
    (await lag(context(environment))).map((result) => [result.subject, result.advice]);
  expect(await advice({ LEDGER_CLUSTERS: `main=${url}`, KAFKA_BROKERS: '127.0.0.1:1' })).toEqual([
    ['outbox', 'what LEDGER_CLUSTERS names cannot be asked: see connections above'],
    ['read side', 'set READ_DATABASE_URL; what LEDGER_CLUSTERS names cannot be asked: see connections above'],
    ['dead letters', 'set READ_DATABASE_URL'],
  ]);
  expect(await advice({ LEDGER_CLUSTERS: `main=${url}`, READ_DATABASE_URL: url })).toEqual([
    ['outbox', 'set KAFKA_BROKERS; what LEDGER_CLUSTERS names cannot be asked: see connections above'],
    ['read side', 'what LEDGER_CLUSTERS and READ_DATABASE_URL name cannot be asked: see connections above'],
    ['dead letters', 'what READ_DATABASE_URL names cannot be asked: see connections above'],
  ]);
  expect(await advice({})).toEqual([
    ['outbox', 'set LEDGER_CLUSTERS and KAFKA_BROKERS'],
    ['read side', 'set LEDGER_CLUSTERS and READ_DATABASE_URL'],
    ['dead letters', 'set READ_DATABASE_URL'],
  ]);
});

describe('ledgers of the read side without a log', () => {
  const head = (id: string, position = '1'): Record<string, unknown> => ({ ledger: 1, id, epoch: 1, position, stopped: null });
  async function told(clusters: string[], directory: string | null): Promise<string[]> {
    const url = 'postgres://x@127.0.0.1/x';
    const installation = installationOf({ LEDGER_CLUSTERS: `main=${url}`, READ_DATABASE_URL: url, DIRECTORY_DATABASE_URL: url }, '');
    const databases = installation.databases.map((place): Database => {
      const rows = { directory: clusters.map((cluster) => ({ cluster })), ledger: [head('a')], read: [head('a'), head('b')] };
      return {
        ...place,
        query: async (sql) =>
          (/dead_letters/.test(sql) ? [{}] : /relay_slots/.test(sql) ? [] : (rows as Record<string, unknown[]>)[place.kind]) as never,
      };
    });
    const seen = databases.filter(({ kind }) => kind !== 'directory' || directory !== null);
    return (await lag({ installation, databases: seen, nowMs: Date.now }))
      .filter(({ subject, status }) => subject === 'read side' && status !== 'ok')
      .map(({ status, message }) => `${status} ${message}`);
  }

  it('are wrong when every cluster was asked, and to look at when not', async () => {
    const missing = 'has ledgers that no cluster has: b';
    expect(await told(['main'], 'given')).toEqual([`fail ${missing}`]);
    expect(await told(['main', 'second'], 'given')).toEqual([`warn ${missing}; not every cluster was asked`]);
    expect(await told(['main'], null)).toEqual([`warn ${missing}; not every cluster was asked`]);
    expect(judgeHeadless([], true)).toEqual([]);
  });
});

describe('a report', () => {
  it('of an address alone says what was not looked at', async () => {
    const api = await serve(json({ '/readyz': { status: 'ready' }, '/healthz': { version: '0.1.0' } }));
    const report = await examine(installationOf({ LEDGERFLOW_URL: `http://${api}` }, 'an address'));
    const notSeen = report.findings.filter(({ status }) => status === 'skipped').map(({ check, subject }) => `${check}: ${subject}`);
    expect(notSeen).toEqual([
      'versions: other services',
      'connections: database directory',
      'connections: database ledger',
      'connections: database read',
      'connections: database read as gateway',
      'connections: database audit',
      'connections: services',
      'connections: ledger-writer (gRPC)',
      'migrations: databases',
      'topics: Kafka',
      'roles: databases',
      'tokens: issuer',
      'lag: outbox',
      'lag: read side',
      'lag: dead letters',
    ]);
    expect(summary(report)).toContain('Nothing that was looked at is wrong: ');
  });

  it('ends although nothing answers, has advice for all that is wrong, and holds no secret', async () => {
    const secret = 'pass:word/1';
    const database = (role: string): string => `postgres://${role}:${encodeURIComponent(secret)}@127.0.0.1:1/x`;
    const report = await examine(
      installationOf(
        {
          LEDGERFLOW_URL: 'http://127.0.0.1:1',
          LEDGERFLOW_TOKEN: 'a.secret.token',
          LEDGER_CLUSTERS: `main=${database('ledgerflow_writer')}`,
          DIRECTORY_DATABASE_URL: database('ledgerflow_writer'),
          READ_DATABASE_URL: database('ledgerflow_read_builder'),
          AUDIT_DATABASE_URL: database('ledgerflow_audit_gateway'),
          WRITER_ADDRESSES: '127.0.0.1:1',
          OIDC_ISSUER: 'http://127.0.0.1:1',
        },
        'nothing',
      ),
    );
    expect(report.ok).toBe(false);
    for (const { status, advice } of report.findings) expect(advice === undefined).toBe(status === 'ok');
    for (const text of [JSON.stringify(report), summary(report)])
      for (const hidden of [secret, encodeURIComponent(secret), 'a.secret.token']) expect(text).not.toContain(hidden);
    expect(
      report.findings.filter(({ check, status }) => check === 'connections' && status === 'fail').map(({ subject }) => subject),
    ).toEqual(['database directory', 'database ledger main', 'database read', 'database audit', 'admin-gateway (API)']);
  });

  it('a mistake in the environment is told without its value', () => {
    expect(() => installationOf({ READ_DATABASE_URL: 'mysql://a:hush@b/c' }, '')).toThrow(/READ_DATABASE_URL/);
    expect(() => installationOf({ READ_DATABASE_URL: 'mysql://a:hush@b/c' }, '')).not.toThrow(/hush/);
    expect(() => installationOf({ TLS_CA_FILE: '/x' }, '')).toThrow(/belong together/);
  });
});
