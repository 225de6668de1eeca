import type { handleServerStreamingCall, handleUnaryCall, sendUnaryData, ServerUnaryCall, ServerWritableStream } from '@grpc/grpc-js';
import { status } from '@grpc/grpc-js';
import type { Logger } from '@ledgerflow/platform/log';
import type { RequestMetrics } from '@ledgerflow/platform/metrics';
import { OutcomeUnknownError, StoreUnavailableError } from '../application/errors.ts';
import { RpcError } from './callers.ts';

interface Watch {
  requests: RequestMetrics;
  stopping: AbortSignal;
  log: Logger;
}

interface Status {
  code: status;
  details: string;
}

/** What a caller is told of an error; what is not his business is logged instead. */
function statusOf(error: unknown, operation: string, log: Logger): Status {
  if (error instanceof RpcError) return { code: error.code, details: error.message };
  if (error instanceof StoreUnavailableError || error instanceof OutcomeUnknownError) {
    log.warn({ err: error, operation }, 'a call found the database unavailable');
    return { code: status.UNAVAILABLE, details: 'the database is not available' };
  }
  log.error({ err: error, operation }, 'a call failed');
  return { code: status.INTERNAL, details: 'internal error' };
}

function observing(watch: Watch, operation: string): (outcome: status) => void {
  const startedMs = performance.now();
  return (outcome) => watch.requests.observe({ operation, outcome: status[outcome] }, (performance.now() - startedMs) / 1000);
}

/** An rpc with one answer: counted, timed, its errors turned into statuses. */
export function unary<Request, Response>(
  watch: Watch,
  operation: string,
  handle: (call: ServerUnaryCall<Request, Response>) => Promise<Response>,
): handleUnaryCall<Request, Response> {
  return (call: ServerUnaryCall<Request, Response>, callback: sendUnaryData<Response>) => {
    const observe = observing(watch, operation);
    const run = async (): Promise<void> => {
      try {
        const response = await handle(call);
        observe(status.OK);
        callback(null, response);
      } catch (error) {
        const failed = statusOf(error, operation, watch.log);
        observe(failed.code);
        callback(failed);
      }
    };
    void run();
  };
}

/** The writing end of a stream that waits for its reader: one message of ours at most is with the transport. */
export interface Outlet<Message> {
  /** Resolves when there is room for the next message. False: the caller is gone, or the writer stops. */
  send(message: Message): Promise<boolean>;
  readonly isGone: boolean;
  /** Called once when the caller goes away or the writer stops. */
  onGone(listener: () => void): void;
}

function outletOf<Request, Message>(call: ServerWritableStream<Request, Message>, stopping: AbortSignal): Outlet<Message> {
  const listeners = new Set<() => void>();
  let isGone = false;
  const gone = (): void => {
    if (isGone) return;
    isGone = true;
    stopping.removeEventListener('abort', gone);
    for (const listener of listeners) listener();
  };
  call.on('cancelled', gone);
  call.on('close', gone);
  call.on('error', gone);
  stopping.addEventListener('abort', gone);
  if (stopping.aborted) gone();
  return {
    get isGone() {
      return isGone || call.cancelled;
    },
    onGone(listener) {
      if (isGone) listener();
      else listeners.add(listener);
    },
    send(message) {
      if (isGone || call.cancelled) return Promise.resolve(false);
      return new Promise((resolve) => {
        const settle = (): void => {
          listeners.delete(settle);
          resolve(!isGone && !call.cancelled);
        };
        listeners.add(settle);
        // Not the stream's own mark: it counts sixteen messages, which may be a megabyte each. This is called when the transport has sent the message.
        call.write(message, settle);
      });
    },
  };
}

/**
 * For a read that ends before it is whole, because the writer stops or the caller is gone. Ended as if it were whole, a caller would take the part for all there is:
 * a page of the log that was empty although there are records, while a writer was stopped in order.
 */
export const cutShort = (): RpcError => new RpcError(status.UNAVAILABLE, 'the read was cut short');

/** An rpc with many answers. It is ended when `handle` resolves, which tells the caller that it has all of them. */
export function streaming<Request, Message>(
  watch: Watch,
  operation: string,
  handle: (call: ServerWritableStream<Request, Message>, outlet: Outlet<Message>) => Promise<void>,
): handleServerStreamingCall<Request, Message> {
  return (call) => {
    const observe = observing(watch, operation);
    const outlet = outletOf(call, watch.stopping);
    const run = async (): Promise<void> => {
      try {
        await handle(call, outlet);
        observe(outlet.isGone ? status.CANCELLED : status.OK);
        call.end();
      } catch (error) {
        const failed = statusOf(error, operation, watch.log);
        observe(call.cancelled ? status.CANCELLED : failed.code);
        call.emit('error', failed);
      }
    };
    void run();
  };
}
