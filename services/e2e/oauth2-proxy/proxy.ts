import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { CLIENT_ID, CLIENT_SECRET } from '@ledgerflow/local/testing';
import { type Guarded, spawnGuarded } from '../programs/guard.ts';
import { until } from '../stack/wait.ts';
import { ensureOauth2Proxy } from './program.ts';

export interface ProxyOptions {
  port: number;
  issuer: string;
  gatewayUrl: string;
  /** Options in the place of those in oauth2-proxy.cfg: { "cookie-expire": "3s" }. */
  over?: Readonly<Record<string, string>>;
}

const DEPLOYED = join(import.meta.dirname, '..', '..', '..', 'deploy', 'oauth2-proxy');
const READY_TIMEOUT_MS = 30_000;
const OUTPUT_MAX = 8_000;

/** oauth2-proxy with the configuration that is deployed, over plain http. */
export class Proxy {
  readonly url: string;
  private readonly process: Guarded;
  private output = '';

  private constructor(url: string, process: Guarded) {
    this.url = url;
    this.process = process;
    for (const stream of [process.child.stdout, process.child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => (this.output = (this.output + text).slice(-OUTPUT_MAX)));
  }

  static async start({ port, issuer, gatewayUrl, over = {} }: ProxyOptions): Promise<Proxy> {
    const url = `http://127.0.0.1:${port}`;
    const environment = {
      PATH: process.env['PATH'],
      OAUTH2_PROXY_BIND_ADDRESS: `127.0.0.1:${port}`,
      OAUTH2_PROXY_COOKIE_SECRET: randomBytes(32).toString('base64url'),
      OAUTH2_PROXY_REDIRECT_URL: `${url}/oauth2/callback`,
      OAUTH2_PROXY_EXTRA_JWT_ISSUERS: `${issuer}=ledgerflow`,
      GATEWAY_URL: gatewayUrl,
      OIDC_ISSUER: issuer,
      OIDC_CLIENT_ID: CLIENT_ID,
      OIDC_CLIENT_SECRET: CLIENT_SECRET,
      OIDC_SCOPES: 'openid profile email',
    };
    const options = { 'cookie-secure': 'false', 'cookie-name': 'ledgerflow_oauth2_proxy', ...over };
    const args = [
      `--config=${join(DEPLOYED, 'oauth2-proxy.cfg')}`,
      `--alpha-config=${join(DEPLOYED, 'alpha.yaml')}`,
      ...Object.entries(options).map(([name, value]) => `--${name}=${value}`),
    ];
    const proxy = new Proxy(url, spawnGuarded(await ensureOauth2Proxy(), args, { environment }));
    let hasEnded = false;
    void proxy.process.ended.then(() => (hasEnded = true));
    const isReady = (): Promise<boolean> =>
      fetch(`${url}/ping`).then(
        ({ ok }) => ok,
        () => hasEnded,
      );
    try {
      await until('oauth2-proxy answers', isReady, READY_TIMEOUT_MS);
      if (hasEnded) throw new Error('it has ended');
      return proxy;
    } catch (error) {
      await proxy.stop();
      throw new Error(`oauth2-proxy did not start: ${(error as Error).message}\n${proxy.output}`);
    }
  }

  async stop(): Promise<void> {
    this.process.signal('SIGKILL');
    await this.process.ended;
  }
}
