import type { ServerResponse } from 'node:http';
import type { Principal } from '../auth/principal.ts';
import { drained } from '../http/drained.ts';
import { SECURITY_HEADERS } from '../http/respond.ts';
import type { WriterCalls } from '../writer/calls.ts';
import { type EventFilter, matches } from './filter.ts';
import { type EventHub, type Message, type Subscription, toMessage } from './hub.ts';

export interface StreamOptions {
  hub: EventHub;
  writer: Pick<WriterCalls, 'readLog'>;
  ledger: string;
  /** The last position the client has. */
  after: bigint;
  head: bigint;
  principal: Principal;
  /** Only these records are sent. */
  filter?: EventFilter;
  requestId: string;
  heartbeatMs?: number;
  bufferBytesMax?: number;
  stalledMs?: number;
}

const HEARTBEAT_MS = 15_000;
/** What a live client may leave unread before it is cut off. */
const BUFFER_BYTES_MAX = 1024 * 1024;
const CATCH_UP_RECORDS = 200;
/** How long a client that was told to resume gets to read that. */
const LAST_WORDS_MS = 2_000;
/** How long a client that is catching up may read nothing. */
const STALLED_MS = 30_000;
/** setTimeout holds no more than this; a token that lasts longer ends its stream here and the client resumes. */
const TIMER_MAX_MS = 2 ** 31 - 1;

/** One client of a ledger's events: first the log from where it left off, at its own pace, then live. */
export function streamEvents(response: ServerResponse, options: StreamOptions): void {
  const { hub, ledger, principal, filter = {}, bufferBytesMax = BUFFER_BYTES_MAX, stalledMs = STALLED_MS } = options;
  // Gone before it began: its close event will not come any more.
  if (response.destroyed) return;
  let position = options.after;
  let told = position;
  let ended = false;
  const gone = hub.admit(principal.id);

  /** Whether the client reads as fast as it is written to. */
  const write = ({ position: at, text, record }: Message): boolean => {
    if (ended || at <= position) return true;
    position = at;
    if (!matches(record, filter)) return true;
    told = at;
    return response.write(text);
  };

  const deliver = (message: Message): void => {
    write(message);
    if (response.writableLength > bufferBytesMax) end('too slow');
  };

  /** The client has read on, or is gone. */
  const readOn = async (): Promise<void> => {
    if ((await drained(response, stalledMs)) === 'stalled') end('too slow');
  };

  /** At the client's own pace: waits for it before the next message. */
  const writeAll = async (messages: Iterable<Message>): Promise<void> => {
    for (const message of messages) {
      if (ended) return;
      if (!write(message)) await readOn();
    }
  };

  const end = (reason: string): void => {
    if (ended) return;
    ended = true;
    clearInterval(heartbeat);
    clearTimeout(expiry);
    principal.withdrawn?.removeEventListener('abort', withdraw);
    subscription.leave();
    gone();
    if (response.destroyed) return;
    response.end(`: ${reason}; resume with Last-Event-ID\n\n`);
    const cut = setTimeout(() => response.destroy(), LAST_WORDS_MS);
    response.once('close', () => clearTimeout(cut));
  };

  /** Who resumes need not go again through what the filter has left out. In the comment too: parsers of event streams hand out no id without data. */
  const beat = (): void => {
    response.write(told === position ? ': heartbeat\n\n' : `id: ${position}\n: heartbeat ${position}\n\n`);
    told = position;
  };
  const heartbeat = setInterval(beat, options.heartbeatMs ?? HEARTBEAT_MS);
  const withdraw = (): void => end('the token is not valid any more');
  const expiry = setTimeout(() => end('the token has expired'), Math.min(Math.max(principal.expiresAtMs - Date.now(), 0), TIMER_MAX_MS));
  response.once('close', () => end('closed'));
  principal.withdrawn?.addEventListener('abort', withdraw);
  response.writeHead(200, {
    ...SECURITY_HEADERS,
    'content-type': 'text/event-stream',
    'x-accel-buffering': 'no',
    // Where it begins: a client that asked for no position can resume before its first record.
    'ledger-position': options.after.toString(),
    'x-request-id': options.requestId,
  });
  response.write('retry: 1000\n: connected\n\n');
  const subscription = hub.subscribe(ledger, options.head, { deliver, end });
  // Withdrawn between its check and here: that is not told again.
  if (principal.withdrawn?.aborted === true) return withdraw();
  void catchUp(subscription, options, writeAll, () => ({ ended, position })).catch(() => end('the log can not be read now'));
}

/** One after the other, as they are written. */
function* messagesOf(records: readonly string[]): Generator<Message> {
  for (const record of records) yield toMessage(record);
}

async function catchUp(
  subscription: Subscription,
  { writer, ledger, principal, requestId }: StreamOptions,
  writeAll: (messages: Iterable<Message>) => Promise<void>,
  state: () => { ended: boolean; position: bigint },
): Promise<void> {
  while (!state().ended) {
    const recent = subscription.after(state().position);
    if (recent?.length === 0) return subscription.goLive();
    if (recent !== null) {
      await writeAll(recent);
      continue;
    }
    const { records } = await writer.readLog(
      { principal: principal.forWriter, ledger, afterPosition: state().position, toPosition: 0n, limit: CATCH_UP_RECORDS },
      requestId,
    );
    if (records.length === 0) throw new Error('the log ends before the tail');
    await writeAll(messagesOf(records));
  }
}
