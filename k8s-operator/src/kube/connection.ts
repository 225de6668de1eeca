import { createHash } from 'node:crypto';
import type { RequestOptions } from 'node:https';
import { Agent, type Dispatcher, ProxyAgent, request } from 'undici';
import type { Access } from './access.ts';

const CONNECT_TIMEOUT_MS = 5_000;

export interface Asked {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With its query. */
  path: string;
  contentType?: string;
  body?: string;
  /** Called when the connection is there and the request is about to be written; what it throws ends the request unsent. */
  beforeSend?: () => void;
  headersTimeoutMs: number;
  /** The longest time between two pieces of the answer's body. */
  silenceMaxMs: number;
  signal: AbortSignal;
}

type Answer = Pick<Dispatcher.ResponseData, 'statusCode' | 'headers' | 'body'>;

/**
 * HTTP/1.1 to the API server: a watch has a connection of its own, so that one that is stuck holds up nothing else. Credentials are asked for with each request;
 * connections are kept for as long as the certificates stay the same.
 */
export class Connection {
  private readonly access: Access;
  private dispatcher: Dispatcher | null = null;
  private material = '';
  private isClosed = false;

  constructor(access: Access) {
    this.access = access;
  }

  async send(asked: Asked): Promise<Answer> {
    if (this.isClosed) throw new Error('the connection to the API server is closed');
    const options = await this.access.credentials();
    const headers: Record<string, string> = { accept: 'application/json', 'user-agent': 'ledgerflow-operator' };
    for (const [name, value] of Object.entries(options.headers ?? {})) headers[name.toLowerCase()] = String(value).trim();
    if (asked.contentType !== undefined) headers['content-type'] = asked.contentType;
    if (asked.body !== undefined) headers['content-length'] = String(Buffer.byteLength(asked.body));
    return request(this.access.server + asked.path, {
      dispatcher: this.connections(options),
      method: asked.method,
      headers,
      // Not the text itself: what is iterated is asked for only when the connection is there.
      body: asked.body === undefined ? null : (lateBody(asked.body, asked.beforeSend) as unknown as string),
      headersTimeout: asked.headersTimeoutMs,
      bodyTimeout: asked.silenceMaxMs,
      signal: asked.signal,
    });
  }

  /** The server did not take our credentials: the next request reads them afresh. */
  forgetCredentials(): void {
    this.access.forget();
  }

  /** Ends what is under way, too. */
  async close(): Promise<void> {
    this.isClosed = true;
    await this.dispatcher?.destroy();
  }

  private connections(tls: RequestOptions): Dispatcher {
    const { ca, cert, key, pfx, passphrase, rejectUnauthorized, servername } = tls;
    const material = createHash('sha256');
    for (const part of [ca, cert, key, pfx, passphrase, rejectUnauthorized, servername])
      material.update(Buffer.isBuffer(part) ? part : JSON.stringify(part ?? null)).update('\0');
    const digest = material.digest('hex');
    if (this.dispatcher !== null && digest === this.material) return this.dispatcher;
    // Requests on the former connections go on to their end.
    this.dispatcher?.close().catch(() => undefined);
    this.material = digest;
    const wanted = this.access.connections(tls);
    switch (wanted.type) {
      case 'none':
        return (this.dispatcher = new Agent({ allowH2: false, connect: { timeout: CONNECT_TIMEOUT_MS } }));
      case 'agent':
        return (this.dispatcher = new Agent({ allowH2: false, connect: { ...wanted.connect, timeout: CONNECT_TIMEOUT_MS } }));
      case 'proxy':
        return (this.dispatcher = new ProxyAgent({
          uri: wanted.uri,
          requestTls: wanted.requestTls,
          connect: { ...wanted.connect, timeout: CONNECT_TIMEOUT_MS },
          allowH2: false,
        }));
      case 'socks':
        throw new Error('a SOCKS proxy before the API server is not supported');
      default:
        return wanted satisfies never;
    }
  }
}

// oxlint-disable-next-line typescript/require-await
async function* lateBody(body: string, beforeSend: (() => void) | undefined): AsyncGenerator<Buffer> {
  beforeSend?.();
  yield Buffer.from(body);
}
