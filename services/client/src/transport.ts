import type { ConsistencyTokens } from './consistency.ts';
import type { ClientOptions, Credentials, Fetch } from './options.ts';
import { ledgerOf, type Operation, type RequestValues, targetOf } from './request.ts';

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

  /** Everything of a request but the sending. Rejects as the caller's token function does. */
  async prepare({ id, operation, values, headers, isConsistent }: Outgoing, signal: AbortSignal, isRefused: boolean): Promise<Prepared> {
    const body = values['body'] === undefined ? null : JSON.stringify(values['body']);
    const consistency = operation.takesConsistency === true && isConsistent ? this.tokens.header(ledgerOf(values, operation)) : null;
    const init: RequestInit = {
      method: operation.method,
      headers: {
        accept: operation.isStream === true ? 'text/event-stream' : 'application/json',
        ...(body === null ? {} : { 'content-type': 'application/json' }),
        ...(consistency === null ? {} : { [CONSISTENCY_HEADER]: consistency }),
        ...this.headers,
        ...headers,
        ...(await this.authorization(signal, isRefused)),
      },
      body,
      signal,
      cache: 'no-store',
      credentials: this.isCookie ? 'same-origin' : 'omit',
      // The API redirects nobody: a sign-in page on the way would be taken for an answer, and a token does not belong elsewhere.
      redirect: 'manual',
    };
    return { url: this.origin + targetOf(id, operation, values), init };
  }

  send({ url, init }: Prepared): Promise<Response> {
    return this.fetch(url, init);
  }

  private get isCookie(): boolean {
    return typeof this.credentials === 'object' && this.credentials !== null;
  }

  private async authorization(signal: AbortSignal, isRefused: boolean): Promise<Record<string, string>> {
    const { credentials } = this;
    if (credentials === null) return {};
    if (this.isCookie) return { [CSRF_HEADER]: '1' };
    const token = typeof credentials === 'function' ? await credentials({ isRefused, signal }) : credentials;
    return { authorization: `Bearer ${token as string}` };
  }
}
