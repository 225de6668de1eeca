import { readFileSync } from 'node:fs';
import { Client, errors } from '@opensearch-project/opensearch';
import { consecutiveBreaker, isBrokenCircuit, isOpen, type CircuitBreakerPolicy } from '@ledgerflow/platform/resilience';
import type { Verdict } from '@ledgerflow/platform/health';
import { isLater, NodeAnswerError, NodeUnavailableError, reasonOf, type ErrorBody } from './errors.ts';

export interface NodeOptions {
  /** http(s)://host:port, separated by commas. */
  url: string;
  user?: string;
  password?: string;
  caFile?: string;
  requestTimeoutMs: number;
  onRequest?: (operation: string, outcome: 'ok' | 'refused' | 'unavailable', seconds: number) => void;
  /** Failures in a row that open the circuit, and how long it stays open. */
  circuit?: { failuresMax: number; openMs: number };
}

const CIRCUIT = { failuresMax: 5, openMs: 2_000 };

export interface NodeRequest {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'HEAD';
  path: string;
  query?: Record<string, string | number | boolean>;
  /** An object is sent as JSON. */
  body?: object;
  /** Newline-delimited JSON, as _bulk takes it. */
  lines?: string;
}

function translate(operation: string, error: unknown): Error {
  if (error instanceof errors.ResponseError) {
    const status = error.statusCode ?? 0;
    const said = (error.body as { error?: ErrorBody | string } | string | null) ?? undefined;
    const body = typeof said === 'string' ? said : said?.error;
    const message = `${operation} answered ${status}: ${reasonOf(body)}`;
    if (isLater(status)) return new NodeUnavailableError(message, status);
    return new NodeAnswerError(message, status, (typeof body === 'string' ? undefined : body?.type) ?? '');
  }
  return new NodeUnavailableError(`${operation}: ${(error as Error).message}`, null, error);
}

/** Our one way to OpenSearch: every call bounded in time and behind one circuit breaker; retries are the callers' business, who know what may be repeated. */
export class SearchNode {
  private readonly client: Client;
  private readonly options: NodeOptions;
  private readonly breaker: CircuitBreakerPolicy;
  private failure: string | null = null;

  constructor(options: NodeOptions) {
    const { url, user, password, caFile, requestTimeoutMs, circuit = CIRCUIT } = options;
    this.options = options;
    this.client = new Client({
      nodes: url.split(','),
      ...(user !== undefined && password !== undefined ? { auth: { username: user, password } } : {}),
      ...(caFile !== undefined ? { ssl: { ca: readFileSync(caFile, 'utf8') } } : {}),
      maxRetries: 0,
      requestTimeout: requestTimeoutMs,
      // A member of somebody's metadata may be called __proto__: JSON.parse makes an own member of it, and nothing here assigns members of documents to other objects.
      disablePrototypePoisoningProtection: true,
    });
    this.breaker = consecutiveBreaker({
      failuresMax: circuit.failuresMax,
      halfOpenAfterMs: circuit.openMs,
      counts: (error) => error instanceof NodeUnavailableError,
    });
  }

  /** Throws NodeUnavailableError when it may succeed later (at once while the circuit is open), NodeAnswerError when it will not. */
  async call<T>(operation: string, { method, path, query, body, lines }: NodeRequest): Promise<T> {
    const began = performance.now();
    const observe = (outcome: 'ok' | 'refused' | 'unavailable'): void =>
      this.options.onRequest?.(operation, outcome, (performance.now() - began) / 1000);
    try {
      const answer = await this.breaker.execute(async () => {
        try {
          const sent = lines !== undefined ? { bulkBody: lines } : { body };
          return await this.client.transport.request({ method, path, querystring: query, ...sent });
        } catch (error) {
          throw translate(operation, error);
        }
      });
      this.failure = null;
      observe('ok');
      return answer.body as T;
    } catch (error) {
      if (isBrokenCircuit(error)) throw new NodeUnavailableError('the circuit to the search node is open', null, error);
      if (error instanceof NodeUnavailableError) this.failure = error.status === null ? 'does not answer' : `answers ${error.status}`;
      observe(error instanceof NodeAnswerError ? 'refused' : 'unavailable');
      throw error;
    }
  }

  /** As `call`; null where the node says 404. */
  async find<T>(operation: string, request: NodeRequest): Promise<T | null> {
    try {
      return await this.call<T>(operation, request);
    } catch (error) {
      if (error instanceof NodeAnswerError && error.status === 404) return null;
      throw error;
    }
  }

  get isCircuitOpen(): boolean {
    return isOpen(this.breaker);
  }

  health(): Verdict {
    return this.failure === null ? { ok: true } : { ok: false, reason: `the search node ${this.failure}` };
  }

  async close(): Promise<void> {
    await this.client.close();
  }
}
