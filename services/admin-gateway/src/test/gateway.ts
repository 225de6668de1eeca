import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { type Certificates, ensureCertificates } from '@ledgerflow/local/certificates';
import { clientCredentials, readTls, WriterChannels } from '@ledgerflow/platform/grpc';
import { Health } from '@ledgerflow/platform/health';
import { type CapturedLog, captureLog } from '@ledgerflow/platform/log/testing';
import { createMetrics } from '@ledgerflow/platform/metrics';
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { TokenVerifier } from '../auth/verifier.ts';
import { type Gateway, type GatewayOptions, startGateway } from '../gateway.ts';
import type { LimitsOptions } from '../limits/limits.ts';
import { Deployment } from '../ops/deployment.ts';
import { Conformance } from './conformance.ts';
import { TestAudit, TestOperations } from './operations.ts';
import { TestReadModel } from './read-model.ts';
import { startTestWriter, type TestWriter, tlsFiles } from './writer.ts';

export interface Claims {
  roles?: string[];
  ledgers?: string[];
  subject?: string;
  audience?: string;
  issuer?: string;
  expiresInSeconds?: number;
}

export interface Reply {
  status: number;
  headers: Headers;
  text: string;
  body: Record<string, unknown>;
}

/** One for all gateways of a test file: schemas are compiled once. */
const conformance = new Conformance();

/** Discovery, keys and tokens. */
class Issuer {
  readonly server = createServer((request, response) => {
    const documents: Record<string, unknown> = {
      '/jwks': { keys: this.keys },
      '/.well-known/openid-configuration': { issuer: this.url, jwks_uri: `${this.url}/jwks` },
    };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(documents[request.url ?? ''] ?? {}));
  });
  url = '';
  keys: unknown[] = [];
  private signing: CryptoKey | null = null;

  async start(): Promise<void> {
    await this.rotate('first');
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  private keyId = '';
  async rotate(keyId: string): Promise<void> {
    const { privateKey, publicKey } = await generateKeyPair('ES256');
    this.signing = privateKey;
    this.keyId = keyId;
    this.keys.push({ ...(await exportJWK(publicKey)), kid: keyId, alg: 'ES256', use: 'sig' });
  }

  private fill<T extends SignJWT | UnsecuredJWT>(
    jwt: T,
    { issuer = this.url, audience = 'ledgerflow', subject = 'tester', expiresInSeconds = 600 }: Claims,
  ): T {
    const now = Math.floor(Date.now() / 1000);
    jwt
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject(subject)
      .setIssuedAt(now - 1_000)
      .setExpirationTime(now + expiresInSeconds);
    return jwt;
  }

  token(claims: Claims = {}): Promise<string> {
    const { roles = ['admin'], ledgers = ['*'] } = claims;
    return this.fill(new SignJWT({ roles, ledgers }).setProtectedHeader({ alg: 'ES256', kid: this.keyId }), claims).sign(this.signing!);
  }

  unsigned(claims: Claims = {}): string {
    const { roles = ['admin'], ledgers = ['*'] } = claims;
    return this.fill(new UnsecuredJWT({ roles, ledgers }), claims).encode();
  }
}

export type TestGatewayOptions = Partial<Omit<GatewayOptions, 'limits' | 'log'>> & {
  limits?: Partial<LimitsOptions>;
  captured?: CapturedLog;
};

const TOKEN_SECRET = 'a-secret-for-tests-of-32-characters!';

/** The real gateway between a real HTTP port and the real writer's service in memory. */
export class TestGateway {
  readonly issuer = new Issuer();
  readonly reads = new TestReadModel();
  writer!: TestWriter;
  gateway!: Gateway;
  folder = '';
  /** What all parts of the gateway log. */
  captured = captureLog('admin-gateway');
  certificates!: Certificates;
  private channels!: WriterChannels;
  private verifier!: TokenVerifier;
  private readonly tokens = new Map<string, string>();

  /** alsoWriters: further addresses, ",host:port". */
  static async start(
    { limits, captured, ...over }: TestGatewayOptions = {},
    alsoWriters = '',
    keysRefreshMs = 60_000,
  ): Promise<TestGateway> {
    const test = new TestGateway();
    if (captured !== undefined) test.captured = captured;
    const { log } = test.captured;
    test.folder = await mkdtemp(join(tmpdir(), 'ledgerflow-gateway-'));
    const certificates = await ensureCertificates(test.folder, ['ledger-writer', 'admin-gateway']);
    await test.issuer.start();
    test.certificates = certificates;
    test.writer = await startTestWriter(certificates);
    test.writer.onCommit = (ledger, texts) => test.reads.receive(ledger, texts);
    test.channels = new WriterChannels({
      addresses: `127.0.0.1:${test.writer.port}${alsoWriters}`,
      credentials: clientCredentials(readTls(tlsFiles(certificates, 'admin-gateway'))),
    });
    test.verifier = new TokenVerifier({
      keysRefreshMs,
      issuer: test.issuer.url,
      audience: 'ledgerflow',
      rolesClaim: 'roles',
      ledgersClaim: 'ledgers',
      roleMap: new Map(),
      log,
    });
    const operations = new TestOperations();
    test.gateway = await startGateway({
      host: '127.0.0.1',
      port: 0,
      verifier: test.verifier,
      channels: test.channels,
      model: test.reads.model,
      applied: test.reads,
      operations: operations.operations,
      repairOutcomes: operations.outcomes,
      audit: new TestAudit(),
      deployment: new Deployment([], log),
      health: new Health(),
      log,
      metrics: createMetrics('test'),
      tokenSecret: TOKEN_SECRET,
      issuer: test.issuer.url,
      limits: {
        ratePerSecond: 100_000,
        addressRatePerSecond: 100_000,
        wrongTokensPerSecond: 1_000,
        concurrentMax: 2_000,
        commandsMin: 64,
        trustedProxies: '',
        ...limits,
      },
      streamsMax: 100,
      consistencyWaitMs: 300,
      repairWaitMs: 300,
      ...over,
    });
    return test;
  }

  get url(): string {
    return `http://127.0.0.1:${this.gateway.port}`;
  }

  async token(claims: Claims = {}): Promise<string> {
    const key = JSON.stringify(claims);
    const token = this.tokens.get(key) ?? (await this.issuer.token(claims));
    this.tokens.set(key, token);
    return token;
  }

  /** A request as it is, path from the root. Throws for an answer that the OpenAPI document does not describe. */
  async raw(method: string, path: string, headers: Record<string, string>, body?: string | Uint8Array<ArrayBuffer>): Promise<Reply> {
    const response = await fetch(this.url + path, { method, headers, body });
    const text = await response.text();
    const { status, headers: answered } = response;
    conformance.check({ method, path, status, contentType: answered.get('content-type'), text, headers: answered });
    const isJson = /[/+]json/.test(response.headers.get('content-type') ?? '');
    return { status: response.status, headers: response.headers, text, body: (isJson ? JSON.parse(text) : {}) as Record<string, unknown> };
  }

  async call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}, claims: Claims = {}): Promise<Reply> {
    const all: Record<string, string> = {
      authorization: `Bearer ${await this.token(claims)}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    };
    if (method !== 'GET' && !path.startsWith('/admin/') && all['idempotency-key'] === undefined) all['idempotency-key'] = randomUUID();
    return this.raw(method, `/api/v1${path}`, all, body === undefined ? undefined : JSON.stringify(body));
  }

  get(path: string, headers: Record<string, string> = {}, claims: Claims = {}): Promise<Reply> {
    return this.call('GET', path, undefined, headers, claims);
  }

  post(path: string, body: unknown, headers: Record<string, string> = {}, claims: Claims = {}): Promise<Reply> {
    return this.call('POST', path, body, headers, claims);
  }

  /** A ledger with accounts of USD. */
  async seed(ledger: string, balances: Record<string, string>): Promise<void> {
    const replies = [await this.post('/ledgers', { id: ledger, currencies: ['USD'] })];
    for (const [id, initialBalance] of Object.entries(balances))
      replies.push(await this.post(`/ledgers/${ledger}/accounts`, { id, currency: 'USD', initialBalance }));
    for (const reply of replies) if (reply.status !== 201) throw new Error(`seed: ${reply.status} ${reply.text}`);
  }

  async head(ledger: string): Promise<bigint> {
    const place = await this.writer.directory.find(ledger);
    return place === null ? 0n : ((await this.writer.store.readHead(place))?.position ?? 0n);
  }

  /** The writer's server stops; its store stays. */
  async pauseWriter(): Promise<void> {
    await this.writer.stop(0);
  }

  async resumeWriter(): Promise<void> {
    const { store, directory, onCommit, port } = this.writer;
    this.writer = await startTestWriter(this.certificates, port, { store, directory });
    this.writer.onCommit = onCommit;
  }

  /** Throws when a secret was logged. */
  async stop(): Promise<void> {
    await this.gateway.stop(1_000);
    this.verifier.close();
    this.channels.close();
    await this.writer.stop(1_000);
    this.issuer.server.closeAllConnections();
    await new Promise((resolve) => this.issuer.server.close(resolve));
    await rm(this.folder, { recursive: true, force: true });
    const signatures = [...this.tokens.values()].map((token) => ({
      kind: 'the signature of a token',
      value: token.split('.').at(-1) ?? '',
    }));
    this.captured.expectNoSecrets([{ kind: 'the secret of cursors', value: TOKEN_SECRET }, ...signatures]);
  }
}
