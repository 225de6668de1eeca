import { errorOf, failureOf, noToken } from './calls.ts';
import { type CallFacts, LedgerFlowError } from './errors.ts';
import { faultOf } from './faults.ts';
import type { ExportOptions } from './options.ts';
import { checkRequest, LedgerFlowRequestError, operationOf, type RequestValues } from './request.ts';
import { isOfType, type Outgoing, type Transport } from './transport.ts';
import type { OperationId } from './types.ts';
import { Deadline } from './waiting.ts';

const SILENT_MS_MAX = 45_000;
/** Far above the largest line: what is longer is no NDJSON. */
const LINE_CHARACTERS_MAX = 64 * 1024 * 1024;

/**
 * The things of an answer that is NDJSON, each as it comes. It is asked for once: an answer that is cut short ends with LedgerFlowUnreachable after what had come, and
 * whether and from where to go on is the caller's to say. Ends its connection with the caller's loop or signal.
 */
export async function* linesOf(
  transport: Transport,
  id: OperationId,
  values: RequestValues,
  { signal, requestId, correlationId, silentMsMax = SILENT_MS_MAX }: ExportOptions,
): AsyncGenerator<unknown, void, undefined> {
  const facts: CallFacts = { operation: id, attempts: 0, idempotencyKey: null, isOutcomeUnknown: false };
  const outgoing: Outgoing = {
    id,
    operation: operationOf(id),
    values,
    headers: {
      ...(requestId === undefined ? {} : { 'x-request-id': requestId }),
      ...(correlationId === undefined ? {} : { 'x-correlation-id': correlationId }),
    },
    isConsistent: true,
  };
  checkRequest(outgoing);
  signal?.throwIfAborted();
  const deadline = new Deadline(silentMsMax, signal);
  const asked = async (refusedToken: string | null): Promise<Response> => {
    facts.attempts += 1;
    const prepared = await transport.prepare(outgoing, deadline.signal, refusedToken).catch((error: unknown) => {
      throw noToken(error, facts);
    });
    const response = await transport.send(prepared);
    const isRefused = response.status === 401 && transport.canRenew && refusedToken === null;
    if (!isRefused) return response;
    await response.body?.cancel();
    return asked(prepared.bearer);
  };
  try {
    const response = await asked(null);
    if (!response.ok) throw errorOf(await failureOf(response), facts);
    if (response.body === null || !isOfType(response, 'application/x-ndjson')) throw new Error('the answer is no NDJSON');
    const reader = response.body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
    let rest = '';
    for (;;) {
      deadline.extend(silentMsMax);
      const { done, value } = await reader.read();
      // A consumer may take its time over a line: only the network is timed.
      deadline.pause();
      if (done) break;
      const lines = (rest + value).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > LINE_CHARACTERS_MAX) throw new Error('a line is too long');
      for (const line of lines) if (line !== '') yield JSON.parse(line) as unknown;
    }
    if (rest !== '') throw new Error('the answer ends within a line');
  } catch (error) {
    if (signal?.aborted === true) throw signal.reason;
    if (error instanceof LedgerFlowError || error instanceof LedgerFlowRequestError) throw error;
    throw errorOf({ kind: 'unreachable', cause: faultOf(error) }, facts);
  } finally {
    deadline.abort();
  }
}
