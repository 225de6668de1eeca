import { Browser, CLIENT_ID, CLIENT_SECRET, freePorts, type IdentityServer, startIdentityServer } from '@ledgerflow/local/testing';
import { captureLog } from '@ledgerflow/platform/log/testing';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TokenVerifier } from '../auth/verifier.ts';
import { Seal, type SealOptions } from '../session/seal.ts';
import type { Session } from '../session/session.ts';
import { TestGateway } from './gateway.ts';

export const SESSION = 'ledgerflow_session';
export const SEEN = 'ledgerflow_seen';
export const ACCESS_TTL_SECONDS = 40;
const SECRET = 'a-secret-for-session-tests-of-40-letters';

/** Whether an answer takes the session cookie back. */
export const isTakenBack = (response: Response): boolean =>
  response.headers.getSetCookie().some((line) => line.startsWith(`${SESSION}=;`) && line.includes('Max-Age=0'));

/** The gateway with its own sign-in at the development identity provider. */
export class TestSignIn {
  readonly url: string;
  /** As browsers know it. */
  readonly publicUrl: string;
  identity!: IdentityServer;
  gateway!: TestGateway;
  /** How far the clock of sessions is ahead; the provider and the verifier go by the real one. */
  aheadMs = 0;
  private readonly folder: string;
  readonly captured = captureLog('admin-gateway');

  private constructor(folder: string, port: number, publicUrl: string | undefined) {
    this.folder = folder;
    this.url = `http://127.0.0.1:${port}`;
    this.publicUrl = publicUrl ?? this.url;
  }

  /** publicUrl: when something stands in front. */
  static async start({ publicUrl }: { publicUrl?: string } = {}): Promise<TestSignIn> {
    const [port = 0] = await freePorts(1);
    const test = new TestSignIn(await mkdtemp(join(tmpdir(), 'sign-in-')), port, publicUrl);
    await test.startIdentity(0);
    const { issuer } = test.identity;
    const claims = { rolesClaim: 'roles', ledgersClaim: 'ledgers', roleMap: new Map() };
    test.gateway = await TestGateway.start({
      port,
      captured: test.captured,
      issuer,
      publicUrl: test.publicUrl,
      verifier: new TokenVerifier({ issuer, audience: 'ledgerflow', ...claims, keysRefreshMs: 60_000, log: test.captured.log }),
      signIn: {
        publicUrl: test.publicUrl,
        clientId: CLIENT_ID,
        clientSecret: CLIENT_SECRET,
        scopes: 'openid profile email',
        authorizationParameters: '',
        secrets: [SECRET],
        idleSeconds: 1_800,
        maxSeconds: 7_200,
      },
      now: () => test.now(),
    });
    return test;
  }

  async startIdentity(port: number): Promise<void> {
    this.identity = await startIdentityServer({
      host: '127.0.0.1',
      port,
      keysFile: join(this.folder, 'keys.json'),
      audience: 'ledgerflow',
      redirectUris: [`${this.publicUrl}/oauth2/callback`],
      accessTokenTtlSeconds: ACCESS_TTL_SECONDS,
      log: this.captured.log,
    });
  }

  now(): number {
    return Date.now() + this.aheadMs;
  }

  /** What the gateway seals with, or nearly. */
  seal(over: Partial<SealOptions> = {}): Seal {
    return new Seal({ secrets: [SECRET], issuer: this.identity.issuer, clientId: CLIENT_ID, now: () => this.now(), ...over });
  }

  /** A browser in which somebody has signed in. */
  async signedIn(user = 'admin'): Promise<Browser> {
    const browser = new Browser();
    const { response, text } = await browser.signIn(`${this.url}/oauth2/start?rd=/docs`, user);
    if (response.status !== 200) throw new Error(`sign-in: ${response.status} ${text}`);
    return browser;
  }

  /** What is in its session cookie. */
  async sessionOf(browser: Browser): Promise<Session> {
    const value = (await browser.cookies(this.url)).get(SESSION) ?? '';
    return (await this.seal().open<Session>('session', value.slice(2)))!;
  }

  /** Throws when a secret was logged, by the gateway or by the identity provider. */
  async stop(): Promise<void> {
    try {
      await this.gateway.stop();
    } finally {
      await this.identity.stop();
      await rm(this.folder, { recursive: true, force: true });
    }
    const known = { 'the secret of the client': CLIENT_SECRET, 'the secret of sessions': SECRET };
    this.captured.expectNoSecrets(Object.entries(known).map(([kind, value]) => ({ kind, value })));
  }
}
