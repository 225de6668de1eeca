import { createLedgerFlow, type Fetch, LedgerFlowProblem } from '@ledgerflow/client';
import { ledgerflow } from '../../api/client.ts';
import type { EventFeed } from './feed.ts';

export interface Followed {
  ledger: string;
  account?: string;
  type?: string;
  actor?: string;
}

/** How far back it begins, so that the page is not empty: of all records, and where a filter leaves most of them out. */
const BEHIND = 100n;
export const BEHIND_FILTERED = 5_000n;
/** A page stays open on a wall for days: whether it is worth it a person decides. */
const GIVE_UP_MS = 7 * 24 * 3_600_000;
const EVENT_STREAM = 'text/event-stream';

/** Of a connection that is the first of its stream. */
const afterOf = (url: string): string | null => new URL(url, location.origin).searchParams.get('after');

/** Tells the feed when a connection stands and when it is gone; the stream itself tells only of records. */
const watched =
  (feed: EventFeed, signal: AbortSignal): Fetch =>
  async (url, init) => {
    const lost = (): void => {
      if (!signal.aborted) feed.lost();
    };
    const response = await fetch(url, init).catch((error: unknown) => {
      lost();
      throw error;
    });
    if (response.body === null || !response.ok || response.headers.get('content-type')?.startsWith(EVENT_STREAM) !== true) {
      lost();
      return response;
    }
    if (!signal.aborted) feed.connected(new Headers(init.headers).get('last-event-id') ?? afterOf(url));
    const reader = response.body.getReader();
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (!done) return controller.enqueue(value);
          lost();
          controller.close();
        } catch (error) {
          lost();
          controller.error(error);
        }
      },
      cancel: (reason) => reader.cancel(reason),
    });
    return new Response(body, { status: response.status, headers: response.headers });
  };

async function beginOf({ ledger, account, type, actor }: Followed, signal: AbortSignal): Promise<string> {
  const { position } = await ledgerflow.getLedger({ ledger }, { signal });
  const behind = account === undefined && type === undefined && actor === undefined ? BEHIND : BEHIND_FILTERED;
  const begin = BigInt(position) - behind;
  return String(begin > 0n ? begin : 0n);
}

/** Brings a ledger's records to a feed until the signal, from where the feed is or else a little before the ledger's end. Never rejects: the feed is told how it ended. */
export async function follow(feed: EventFeed, followed: Followed, signal: AbortSignal): Promise<void> {
  try {
    const after = (feed.position ??= await beginOf(followed, signal));
    const client = createLedgerFlow({ baseUrl: '', credentials: { cookie: true }, fetch: watched(feed, signal) });
    for await (const record of client.streamEvents({ ...followed, after }, { signal, giveUpMs: GIVE_UP_MS })) {
      if (signal.aborted) return;
      feed.add(record);
    }
  } catch (error) {
    if (!signal.aborted) feed.ended(error);
  }
}

/** The session ended, and the page as a whole has to be told. */
export const isSignedOut = (error: unknown): boolean => error instanceof LedgerFlowProblem && error.status === 401;
