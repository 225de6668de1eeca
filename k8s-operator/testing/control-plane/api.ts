import { Agent, request } from 'node:https';

const REQUEST_TIMEOUT_MS = 30_000;

export interface ApiAnswer {
  /** 0 when nobody answered. */
  status: number;
  /** Parsed when it is JSON. */
  body: unknown;
}

export interface ApiRequest {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: string;
  token: string;
  body?: unknown;
  contentType?: string;
}

/** Requests to one API server as any of its users, without a client library's opinions; nothing is tried again. */
export class Api {
  private readonly agent: Agent;
  private readonly url: string;

  constructor(url: string, authority: string) {
    this.url = url;
    this.agent = new Agent({ ca: authority, keepAlive: true, maxSockets: 16 });
  }

  async call({ method = 'GET', path, token, body, contentType = 'application/json' }: ApiRequest): Promise<ApiAnswer> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers = {
      authorization: `Bearer ${token}`,
      accept: 'application/json',
      // The length too: without it the body of a DELETE has no end, and is taken for the next request.
      ...(text === undefined ? {} : { 'content-type': contentType, 'content-length': Buffer.byteLength(text) }),
    };
    return new Promise((resolve) => {
      const nobody = (error: Error): void => resolve({ status: 0, body: error.message });
      const outgoing = request(this.url + path, { agent: this.agent, method, headers, timeout: REQUEST_TIMEOUT_MS }, (response) => {
        let answer = '';
        response
          .setEncoding('utf8')
          .on('data', (chunk: string) => (answer += chunk))
          .once('error', nobody)
          .once('end', () => resolve({ status: response.statusCode ?? 0, body: parse(answer) }));
      });
      outgoing.once('timeout', () => outgoing.destroy(new Error('no answer in time'))).once('error', nobody);
      outgoing.end(text);
    });
  }

  close(): void {
    this.agent.destroy();
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
