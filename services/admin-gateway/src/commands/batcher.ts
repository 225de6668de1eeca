import type { Command, ExecuteRequest, ExecuteResponse, Principal, Result } from '@ledgerflow/contracts/grpc';
import { Histogram, observedGauge, type Registry, SIZE_BUCKETS } from '@ledgerflow/platform/metrics';
import { Problem } from '../http/problem.ts';
import { OversizedMessage, repeated } from '../writer/calls.ts';

/** Calls of one ledger on their way at once: one that commits, one that travels. */
const CALLS_IN_FLIGHT_MAX = 2;
const COMMANDS_PER_CALL_MAX = 1_000;
/** Of a call's request and of its answer, by the weights of its commands; half of what a gRPC message may hold. */
const BYTES_PER_CALL_MAX = 8 * 1024 * 1024;
export const QUEUE_COMMANDS_MAX = 10_000;
const QUEUE_BYTES_MAX = 64 * 1024 * 1024;
/** A command that waited longer for its turn is refused instead of sent: its caller has given up, or soon will. */
const QUEUE_WAIT_MAX_MS = 10_000;

interface Item {
  command: Command;
  principal: Principal;
  bytes: number;
  queuedAtMs: number;
  resolve: (result: Result) => void;
  reject: (error: Error) => void;
}

interface Lane {
  waiting: Item[];
  inFlight: number;
  scheduled: boolean;
}

export interface BatcherOptions {
  execute: (ledger: string, request: ExecuteRequest) => Promise<ExecuteResponse>;
  metrics: Registry;
}

/**
 * Gathers the commands of concurrent requests into one Execute call a ledger. There is no timer: a call leaves at the end of the event loop's turn in which its
 * first command came, unless two are on their way; what comes meanwhile waits and leaves together. So an idle ledger adds no delay and a busy one makes batches
 * of what came during the last commit. A unary call for each request made 2,400 requests/s where the gathered ones make several times that.
 */
export class CommandBatcher {
  private readonly lanes = new Map<string, Lane>();
  private readonly execute: BatcherOptions['execute'];
  private readonly sizes: Histogram;
  private queuedCommands = 0;
  private queuedBytes = 0;

  constructor({ execute, metrics }: BatcherOptions) {
    this.execute = execute;
    this.sizes = new Histogram({
      name: 'ledgerflow_gateway_batch_commands',
      help: 'Commands in one Execute call',
      buckets: SIZE_BUCKETS,
      registers: [metrics],
    });
    observedGauge(
      metrics,
      'ledgerflow_gateway_queued_commands',
      'Commands that wait for or are in an Execute call',
      () => this.queuedCommands,
    );
  }

  /** Rejects with a Problem when the queue is full or the call fails. bytes is the command's weight. */
  submit(command: Command, principal: Principal, bytes: number): Promise<Result> {
    if (this.queuedCommands >= QUEUE_COMMANDS_MAX || this.queuedBytes + bytes > QUEUE_BYTES_MAX) {
      return Promise.reject(new Problem('overloaded', { detail: 'Too many commands are waiting for the ledger writer' }));
    }
    return new Promise((resolve, reject) => {
      const lane = this.lane(command.ledger);
      lane.waiting.push({ command, principal, bytes, queuedAtMs: performance.now(), resolve, reject });
      this.queuedCommands += 1;
      this.queuedBytes += bytes;
      this.schedule(command.ledger, lane);
    });
  }

  private lane(ledger: string): Lane {
    let lane = this.lanes.get(ledger);
    if (lane === undefined) this.lanes.set(ledger, (lane = { waiting: [], inFlight: 0, scheduled: false }));
    return lane;
  }

  private schedule(ledger: string, lane: Lane): void {
    if (lane.scheduled || lane.inFlight >= CALLS_IN_FLIGHT_MAX || lane.waiting.length === 0) return;
    lane.scheduled = true;
    setImmediate(() => {
      lane.scheduled = false;
      this.send(ledger, lane);
    });
  }

  private dropExpired(lane: Lane): void {
    const oldestMs = performance.now() - QUEUE_WAIT_MAX_MS;
    while (lane.waiting[0] !== undefined && lane.waiting[0].queuedAtMs < oldestMs) {
      const item = lane.waiting.shift() as Item;
      this.queuedCommands -= 1;
      this.queuedBytes -= item.bytes;
      item.reject(new Problem('overloaded', { detail: 'The command waited too long for the ledger writer; nothing happened' }));
    }
  }

  private send(ledger: string, lane: Lane): void {
    this.dropExpired(lane);
    if (lane.waiting.length === 0) return;
    let count = 0;
    let bytes = 0;
    for (const item of lane.waiting) {
      if (count > 0 && (count >= COMMANDS_PER_CALL_MAX || bytes + item.bytes > BYTES_PER_CALL_MAX)) break;
      count += 1;
      bytes += item.bytes;
    }
    const items = lane.waiting.splice(0, count);
    lane.inFlight += 1;
    this.sizes.observe(count);
    this.schedule(ledger, lane);
    void this.deliver(ledger, items).then(() => {
      lane.inFlight -= 1;
      this.queuedCommands -= count;
      this.queuedBytes -= bytes;
      if (lane.inFlight === 0 && lane.waiting.length === 0) this.lanes.delete(ledger);
      else this.schedule(ledger, lane);
    });
  }

  /** Never rejects: each item hears its result or why there is none. A call too large for a message is repeated by halves: what was done is only told again. */
  private async deliver(ledger: string, items: readonly Item[], isRepeat = false): Promise<void> {
    try {
      const response = await this.execute(ledger, requestOf(items));
      const { results } = isRepeat ? repeated(response) : response;
      settle(items, results);
    } catch (error) {
      if (!(error instanceof OversizedMessage) || items.length === 1) return items.forEach((item) => item.reject(error as Error));
      const half = Math.ceil(items.length / 2);
      await this.deliver(ledger, items.slice(0, half), true);
      await this.deliver(ledger, items.slice(half), true);
    }
  }
}

function settle(items: readonly Item[], results: readonly Result[]): void {
  items.forEach((item, i) => {
    const result = results[i];
    if (results.length === items.length && result !== undefined) item.resolve(result);
    else item.reject(new Problem('internal', { detail: 'The ledger writer answered another number of results' }));
  });
}

/** Each principal once; commands name theirs by index. */
function requestOf(items: readonly Item[]): ExecuteRequest {
  const indexes = new Map<Principal, number>();
  const principals: Principal[] = [];
  const commands = items.map(({ command, principal }) => {
    let index = indexes.get(principal);
    if (index === undefined) {
      index = principals.push(principal) - 1;
      indexes.set(principal, index);
    }
    command.principal = index;
    return command;
  });
  return { principals, commands };
}
