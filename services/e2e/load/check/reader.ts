import { setTimeout as delay } from 'node:timers/promises';
import type { HttpAnswer, HttpTarget } from '../../driver/index.ts';
import { retryAfterMs } from '../verdict.ts';

const TRIES_MAX = 30;
const PAUSE_MS = 1_000;
/** The longest that an answer can ask to wait. */
const PAUSE_MS_MAX = 10_000;
const PAGE_LIMIT = 1_000;
const TEXT_SHOWN_MAX = 300;

/** A check that could not be made: what a person is told. */
export class CheckError extends Error {
  override name = 'CheckError';
}

interface Page<T> {
  data: T[];
  nextCursor: string | null;
}

/** Reads of one ledger that are tried again while the service is busy, and must then be answered with 200. */
export class LedgerReader {
  private readonly target: Pick<HttpTarget, 'request'>;
  private readonly ledger: string;
  /** Ledger-Consistency that every read must have reached. */
  private readonly token: string | null;
  private readonly signal: AbortSignal | undefined;

  /** After `signal` nothing more is read: what is asked for then is rejected. */
  constructor(target: Pick<HttpTarget, 'request'>, ledger: string, token: string | null, signal?: AbortSignal) {
    this.signal = signal;
    this.target = target;
    this.ledger = ledger;
    this.token = token;
  }

  async get<T>(path: string): Promise<T> {
    let last = '';
    for (let attempt = 0; attempt < TRIES_MAX; attempt++) {
      if (this.signal?.aborted === true) throw new CheckError('it was interrupted');
      const answer = await this.try(path);
      if (answer instanceof Error) last = answer.message;
      else if (answer.status === 200) return JSON.parse(answer.text) as T;
      else if (answer.status !== 503 && answer.status !== 429)
        throw new CheckError(`GET ${path} answered ${answer.status} ${answer.text.slice(0, TEXT_SHOWN_MAX)}`);
      else last = `${answer.status} ${answer.text.slice(0, TEXT_SHOWN_MAX)}`;
      const pauseMs = Math.min(PAUSE_MS_MAX, (answer instanceof Error ? null : retryAfterMs(answer)) ?? PAUSE_MS);
      await delay(pauseMs, undefined, this.signal === undefined ? {} : { signal: this.signal }).catch(() => undefined);
    }
    throw new CheckError(`GET ${path} was not answered in ${TRIES_MAX} tries: ${last}`);
  }

  /** Every line of a list, page by page; `path` has its query, if only `?`. */
  async *pages<T>(path: string): AsyncGenerator<T[]> {
    let cursor: string | null = null;
    do {
      const page: Page<T> = await this.get<Page<T>>(
        `${path}limit=${PAGE_LIMIT}${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
      );
      yield page.data;
      cursor = page.nextCursor;
    } while (cursor !== null);
  }

  private try(path: string): Promise<HttpAnswer | Error> {
    return this.target
      .request({
        method: 'GET',
        path: `/api/v1/ledgers/${encodeURIComponent(this.ledger)}${path}`,
        headers: this.token === null ? {} : { 'ledger-consistency': this.token },
      })
      .catch((error: Error) => error);
  }
}
