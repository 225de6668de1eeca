import type { ConsistencyTokens, SentToken } from './consistency.ts';
import { isBlockedPort } from './faults.ts';
import type { ClientOptions, Credentials, Fetch } from './options.ts';
import { LedgerFlowRequestError, ledgerOf, type Operation, type RequestValues, targetOf } from './request.ts';
import { within } from './waiting.ts';

const CSRF_HEADER = 'x-ledgerflow-csrf';
export const CONSISTENCY_HEADER = 'ledger-consistency';

export interface Outgoing {
  id: string;
  operation: Operation;
  values: RequestValues;
  /** Beside those of the client and of its credentials. */
  headers: Record<string, string>;
  isConsistent: boolean;
}

export interface Prepared {
  url: string;
  init: RequestInit;
  /** The bearer token in it. */
  bearer: string | null;
  /** The consistency tokens in it. */
  tokens: readonly SentToken[];
}

/** What the answer to an operation is made of. */
function acceptOf({ isStream, isNdjson }: Operation): string {
  if (isStream === true) return 'text/event-stream';
  return isNdjson === true ? 'application/x-ndjson' : 'application/json';
}

/** Whether it is what was asked for, whatever its parameters: a page of a proxy is a success as well. */
export function isOfType({ headers }: Response, type: string): boolean {
  return (headers.get('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() === type;
}

/** One request on its way: address, credentials and headers. Whether it is to be tried again others decide. */
export class Transport {
  readonly tokens: ConsistencyTokens;
  private readonly origin: string;
  private readonly credentials: Credentials;
  private readonly headers: Readonly<Record<string, string>>;
  private readonly fetch: Fetch;

  constructor({ baseUrl, credentials, headers = {}, fetch }: ClientOptions, tokens: ConsistencyTokens) {
    this.origin = baseUrl.replace(/\/+$/, '');
    this.credentials = credentials;
    this.headers = headers;
    this.tokens = tokens;
    // Looked up at each call and called without `this`: a page's fetch refuses another one.
    this.fetch = fetch ?? ((url, init) => globalThis.fetch(url, init));
  }

  /** Whether after a 401 another token can be asked for. */
  get canRenew(): boolean {
    return typeof this.credentials === 'function';
  }

  /** Everything of a request but the sending. Rejects as the caller's token function does, and when the signal comes before that answers. */
  async prepare(
    { id, operation, values, headers, isConsistent }: Outgoing,
    signal: AbortSignal,
    refusedToken: string | null,
  ): Promise<Prepared> {
    const body = values['body'] === undefined ? null : JSON.stringify(values['body']);
    const bearer = await this.bearer(signal, refusedToken);
    const tokens = operation.takesConsistency === true && isConsistent ? this.tokens.toSend(ledgerOf(values, operation)) : [];
    const init: RequestInit = {
      method: operation.method,
      headers: {
        accept: acceptOf(operation),
        ...(body === null ? {} : { 'content-type': 'application/json' }),
        ...(tokens.length === 0 ? {} : { [CONSISTENCY_HEADER]: tokens.map(({ token }) => token).join(',') }),
        ...this.headers,
        ...headers,
        ...(this.isCookie ? { [CSRF_HEADER]: '1' } : {}),
        ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }),
      },
      body,
      signal,
      cache: 'no-store',
      credentials: this.isCookie ? 'same-origin' : 'omit',
      // The API redirects nobody: a sign-in page on the way would be taken for an answer, and a token does not belong elsewhere.
      redirect: 'manual',
    };
    return { url: this.origin + targetOf(id, operation, values), init, bearer, tokens };
  }

  async send({ url, init }: Prepared): Promise<Response> {
    try {
      return await this.fetch(url, init);
    } catch (error) {
      if (isBlockedPort(error)) throw new LedgerFlowRequestError(`fetch sends nothing to the port of ${this.origin}`, { cause: error });
      throw error;
    }
  }

  /** After `epoch_superseded` the tokens that were sent stand for nothing: the caller learns of it by the problem, and what it does then must not fail for the same reason. */
  heard({ tokens }: Prepared, code: string | null): void {
    if (code === 'epoch_superseded') this.tokens.forgetSent(tokens);
  }

  private get isCookie(): boolean {
    return typeof this.credentials === 'object' && this.credentials !== null;
  }

  private async bearer(signal: AbortSignal, refusedToken: string | null): Promise<string | null> {
    const { credentials } = this;
    if (typeof credentials === 'string') return credentials;
    if (typeof credentials !== 'function') return null;
    const asked = async (): Promise<string> => credentials({ isRefused: refusedToken !== null, refusedToken, signal });
    return within(asked(), signal);
  }
}
