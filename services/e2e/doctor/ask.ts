const TIMEOUT_MS = 3_000;
const BYTES_MAX = 1024 * 1024;

export interface HttpAnswer {
  status: number;
  headers: Headers;
  /** Parsed JSON, or null. */
  body: unknown;
  /** Of this machine, in ms since 1970: before the request and after the answer's head. */
  askedMs: number;
  answeredMs: number;
}

/** A GET with an answer of 1 MiB at most within 3 s; rejects in one line when there is none. */
export async function ask(url: string, headers: Record<string, string> = {}, redirect: 'error' | 'manual' = 'error'): Promise<HttpAnswer> {
  const askedMs = Date.now();
  const response = await fetch(url, { headers, redirect, signal: AbortSignal.timeout(TIMEOUT_MS) }).catch((error: Error) => {
    const { code, message } = (error.cause ?? {}) as NodeJS.ErrnoException;
    const cause = code || message || error.message;
    throw new Error(cause);
  });
  const answeredMs = Date.now();
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > BYTES_MAX) throw new Error('the answer is too large');
  }
  let body: unknown = null;
  try {
    body = JSON.parse(text);
  } catch {
    // Not JSON: the reader of the answer says what that means.
  }
  return { status: response.status, headers: response.headers, body, askedMs, answeredMs };
}

export const reasonOf = (error: unknown): string =>
  (error instanceof Error ? error.message || error.name : String(error)).split('\n')[0] ?? '';
