import { type Dispatcher, Pool } from 'undici';

export interface HttpRequest {
  method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** Begins with a slash. */
  path: string;
  headers?: Record<string, string>;
  body?: string;
}

export interface HttpAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

export interface HttpTargetOptions {
  /** TCP connections at most; more requests than that wait for one. */
  connections: number;
  /** Sent with every request. */
  headers?: Record<string, string>;
  /** To connect, for the head of an answer, and between two parts of its body. */
  timeoutMs?: number;
}

const TIMEOUT_MS = 15_000;

/** Gathers an answer as it is parsed: no stream, no promise and no object more than the one that is handed over. */
class Gathering implements Dispatcher.DispatchHandler {
  private status = 0;
  private headers: HttpAnswer['headers'] = {};
  private first: Buffer | null = null;
  private rest: Buffer[] | null = null;
  private readonly resolve: (answer: HttpAnswer) => void;
  private readonly reject: (error: Error) => void;

  constructor(resolve: (answer: HttpAnswer) => void, reject: (error: Error) => void) {
    this.resolve = resolve;
    this.reject = reject;
  }

  onRequestStart(): void {
    // Nothing to prepare: there is no abort of a single request.
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: HttpAnswer['headers']): void {
    this.status = status;
    this.headers = headers;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.first === null) this.first = chunk;
    else (this.rest ??= [this.first]).push(chunk);
  }

  onResponseEnd(): void {
    const text = this.rest !== null ? Buffer.concat(this.rest).toString() : (this.first?.toString() ?? '');
    this.resolve({ status: this.status, headers: this.headers, text });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.reject(error);
  }
}

/**
 * One HTTP server, over kept connections, for callers that count: the dispatcher of undici below its request(), fetch() and streams, because what the caller costs
 * is taken from the server when both share a machine. Nothing is retried here: a lost connection may have had its effect, and only the caller knows the key.
 */
export class HttpTarget {
  private readonly pool: Pool;
  private readonly headers: Record<string, string>;

  constructor(baseUrl: string, options: HttpTargetOptions) {
    const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
    this.headers = options.headers ?? {};
    this.pool = new Pool(new URL(baseUrl).origin, {
      connections: options.connections,
      pipelining: 1,
      connect: { timeout: timeoutMs },
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
    });
  }

  /** Rejects on a network fault (refused, reset, timed out); any status is an answer. */
  request({ method, path, headers, body }: HttpRequest): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      this.pool.dispatch(
        {
          method,
          path,
          headers: headers === undefined ? this.headers : { ...this.headers, ...headers },
          body: body ?? null,
        },
        new Gathering(resolve, reject),
      );
    });
  }

  /** After what is under way, which its time-outs bound. */
  close(): Promise<void> {
    return this.pool.close();
  }
}
