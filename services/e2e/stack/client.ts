import { randomUUID } from 'node:crypto';
import { Conformance } from '@ledgerflow/admin-gateway/testing/conformance';

export interface Answer<T = Record<string, unknown>> {
  status: number;
  headers: Headers;
  body: T;
  text: string;
}

export interface RequestOptions {
  key?: string;
  token?: string | null;
  headers?: Record<string, string>;
  /** Ledger-Consistency token of an earlier write. */
  consistency?: string | null;
  timeoutMs?: number;
}

const REQUEST_TIMEOUT_MS = 15_000;

const conformance = new Conformance();

/** A caller of the HTTP API as an application would be one: fetch, JSON. Throws for an answer that the OpenAPI document does not describe. */
export class ApiClient {
  private readonly base: () => string;
  private readonly token: string;

  constructor(base: () => string, token: string) {
    this.base = base;
    this.token = token;
  }

  async request<T = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
    options: RequestOptions = {},
  ): Promise<Answer<T>> {
    const token = options.token === undefined ? this.token : options.token;
    const headers: Record<string, string> = {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(options.key === undefined ? {} : { 'idempotency-key': options.key }),
      ...(options.consistency ? { 'ledger-consistency': options.consistency } : {}),
      ...options.headers,
    };
    const response = await fetch(`${this.base()}/api/v1${path}`, {
      method,
      headers,
      body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
      signal: AbortSignal.timeout(options.timeoutMs ?? REQUEST_TIMEOUT_MS),
    });
    const text = await response.text();
    const { status, headers: answered } = response;
    conformance.check({ method, path: `/api/v1${path}`, status, contentType: answered.get('content-type'), text, headers: answered });
    let parsed: unknown = null;
    try {
      parsed = text === '' ? null : JSON.parse(text);
    } catch {
      // A body that is not JSON is for the test to look at as text.
    }
    return { status: response.status, headers: response.headers, body: parsed as T, text };
  }

  get<T = Record<string, unknown>>(path: string, options: RequestOptions = {}): Promise<Answer<T>> {
    return this.request<T>('GET', path, undefined, options);
  }

  /** POST with a fresh key unless one is given. */
  post<T = Record<string, unknown>>(path: string, body: unknown, options: RequestOptions = {}): Promise<Answer<T>> {
    return this.request<T>('POST', path, body, { key: randomUUID(), ...options });
  }

  /** post, and an error unless the answer is 2xx. */
  async mustPost<T = Record<string, unknown>>(path: string, body: unknown, options: RequestOptions = {}): Promise<Answer<T>> {
    const answer = await this.post<T>(path, body, options);
    if (answer.status >= 300) throw new Error(`POST ${path} answered ${answer.status}: ${answer.text}`);
    return answer;
  }

  /** A ledger with accounts of USD, each with an initial balance. */
  async seed(ledger: string, accounts: Record<string, string>): Promise<void> {
    await this.mustPost('/ledgers', { id: ledger });
    for (const [id, initialBalance] of Object.entries(accounts))
      await this.mustPost(`/ledgers/${ledger}/accounts`, { id, currency: 'USD', initialBalance });
  }
}
