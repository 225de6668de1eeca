import { Compile } from 'typebox/compile';
import type { Static, TSchema } from 'typebox';
import { type Dispatcher, request } from 'undici';
import { NotLeaderError } from '../kube/errors.ts';
import { GatewayError } from './errors.ts';
import { GatewayIdentity, GatewayRebuild, GatewayRebuildList } from './rebuild.ts';
import type { TokenSource } from './token.ts';

export interface GatewayClientOptions {
  /** Of the gateway, without /api/v1. */
  url: string;
  token: TokenSource;
  /** Of one request, its token included. */
  timeoutMs: number;
  /** The same of one that changes something, when that has to be less. */
  writeTimeoutMs?: number;
  /**
   * Called before a request that changes something is begun and again when its connection is there, with the longest time it may still take; throws when it shall not
   * be sent.
   */
  beforeWrite?: (timeoutMs: number) => void;
}

/** As many as the gateway is asked for when the operator looks whether another rebuild is in the way. */
const LIST_LIMIT = 100;
const ANSWER_BYTES_MAX = 1024 * 1024;
/** How long what the operator may see is taken for what it may see still. */
const GRANT_HOLDS_MS = 5_000;
const ROLE = 'admin';
const ALL_LEDGERS = '*';

type Answer = Pick<Dispatcher.ResponseData, 'statusCode' | 'body'>;

const rebuildAnswer = Compile(GatewayRebuild);
const listAnswer = Compile(GatewayRebuildList);
const identityAnswer = Compile(GatewayIdentity);

/**
 * The rebuilds' routes of the gateway. Nothing is tried again here but once after a 401: the queue does that. Throws a GatewayError.
 */
export class GatewayClient {
  private readonly options: GatewayClientOptions;
  private grantedUntil = -Infinity;

  constructor(options: GatewayClientOptions) {
    this.options = options;
  }

  /** A rebuild by its id; null when nobody has asked for it. */
  async getRebuild(id: string, signal?: AbortSignal): Promise<GatewayRebuild | null> {
    return this.orNull(() => this.request('GET', `/admin/projections/all/rebuilds/${id}`, rebuildAnswer, signal), signal);
  }

  /** Has it cancelled; what it is now, or null when there is none. One that has ended stays as it is. */
  async cancelRebuild(id: string, signal?: AbortSignal): Promise<GatewayRebuild | null> {
    return this.orNull(() => this.request('DELETE', `/admin/projections/all/rebuilds/${id}`, rebuildAnswer, signal), signal);
  }

  /** The newest rebuilds that concern a projection (or all); null when there is no such projection. */
  async listRebuilds(projection: string, signal?: AbortSignal): Promise<readonly GatewayRebuild[] | null> {
    const path = `/admin/projections/${encodeURIComponent(projection)}/rebuilds?limit=${LIST_LIMIT}`;
    return this.orNull(async () => {
      const { data } = await this.request('GET', path, listAnswer, signal);
      await this.mustSeeAll(signal);
      return data;
    }, signal);
  }

  private async orNull<T>(ask: () => Promise<T>, signal: AbortSignal | undefined): Promise<T | null> {
    try {
      return await ask();
    } catch (error) {
      const isMissing = error instanceof GatewayError && (error.code === 'rebuild_not_found' || error.code === 'projection_not_found');
      if (!isMissing) throw error;
    }
    await this.mustSeeAll(signal);
    return null;
  }

  /** To who may not see a ledger its rebuilds are not there: what is not there is only believed when all would be seen. Throws a GatewayError that is a refusal. */
  private async mustSeeAll(signal: AbortSignal | undefined): Promise<void> {
    if (performance.now() < this.grantedUntil) return;
    const { roles, ledgers } = await this.request('GET', '/me', identityAnswer, signal);
    if (!roles.includes(ROLE) || !ledgers.includes(ALL_LEDGERS))
      throw new GatewayError(
        `the gateway does not show all rebuilds: the operator's client needs the role ${ROLE} and the ledgers ${ALL_LEDGERS}`,
        {
          status: 403,
          code: 'forbidden',
        },
      );
    this.grantedUntil = performance.now() + GRANT_HOLDS_MS;
  }

  private async request<T extends TSchema>(
    method: 'GET' | 'DELETE',
    path: string,
    answer: { Check(value: unknown): boolean; Type(): T },
    outer: AbortSignal | undefined,
  ): Promise<Static<T>> {
    const { timeoutMs, writeTimeoutMs = timeoutMs, beforeWrite, token } = this.options;
    const limitMs = method === 'GET' ? timeoutMs : Math.min(timeoutMs, writeTimeoutMs);
    const endsAt = performance.now() + limitMs;
    const mayBeSent = (): void => {
      if (method !== 'GET') beforeWrite?.(Math.max(0, endsAt - performance.now()));
    };
    const timeout = AbortSignal.timeout(limitMs);
    const signal = outer === undefined ? timeout : AbortSignal.any([outer, timeout]);
    mayBeSent();
    let response = await this.send(method, path, signal, mayBeSent);
    if (response.statusCode === 401) {
      // The token was withdrawn, or the keys were changed, before its time was over.
      await response.body.dump();
      token.forget();
      response = await this.send(method, path, signal, mayBeSent);
    }
    const status = response.statusCode;
    const body = await this.read(response, `${method} ${path}`);
    if (status >= 300) throw problemOf(status, body, `${method} ${path}`);
    if (answer.Check(body)) return body as Static<T>;
    throw new GatewayError(`the gateway's answer to ${method} ${path} is not understood`, { status, code: 'malformed' });
  }

  private async send(method: 'GET' | 'DELETE', path: string, signal: AbortSignal, mayBeSent: () => void): Promise<Answer> {
    const { url, token } = this.options;
    try {
      const bearer = await inTime(token.get(signal), signal);
      return await request(new URL(`/api/v1${path}`, url), {
        method,
        headers: { authorization: `Bearer ${bearer}`, accept: 'application/json' },
        // Nothing is in it: but it is asked for only when the connection is there, and nothing is sent before.
        body: method === 'GET' ? null : (nothing(mayBeSent) as unknown as string),
        signal,
      });
    } catch (error) {
      throw unanswered(error, `${method} ${path}`);
    }
  }

  private async read({ statusCode, body }: Answer, what: string): Promise<unknown> {
    let text = '';
    try {
      const decoder = new TextDecoder();
      for await (const chunk of body) {
        text += decoder.decode(chunk as Uint8Array, { stream: true });
        if (text.length > ANSWER_BYTES_MAX)
          throw new GatewayError(`the gateway's answer to ${what} is too large`, { status: statusCode, code: 'malformed' });
      }
    } catch (error) {
      throw unanswered(error, what);
    }
    try {
      return JSON.parse(text);
    } catch {
      return null;
    }
  }
}

// oxlint-disable-next-line typescript/require-await
async function* nothing(before: () => void): AsyncGenerator<Buffer> {
  before();
  yield Buffer.alloc(0);
}

/** Rejects with the signal's reason when it is aborted first: who waits for one token that many asked for does not wait longer than it may. */
async function inTime<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason as Error);
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function unanswered(error: unknown, what: string): Error {
  if (error instanceof GatewayError || error instanceof NotLeaderError) return error;
  const { name, message, cause } = error as Error & { cause?: { message?: string } };
  const code = name === 'TimeoutError' ? 'timeout' : 'unreachable';
  return new GatewayError(`no answer of the gateway to ${what}: ${cause?.message ?? message}`, { status: 0, code, cause: error });
}

function problemOf(status: number, body: unknown, what: string): GatewayError {
  const { code, detail } = (typeof body === 'object' && body !== null ? body : {}) as { code?: unknown; detail?: unknown };
  const isForeign = status === 404 && typeof code !== 'string';
  const said =
    typeof detail === 'string' ? detail : `HTTP ${status}${isForeign ? ', which is no answer of a gateway: look at GATEWAY_URL' : ''}`;
  return new GatewayError(`the gateway refused ${what}: ${said}`, {
    status,
    code: typeof code === 'string' ? code : 'malformed',
  });
}
