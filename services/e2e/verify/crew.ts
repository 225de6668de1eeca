import { Worker } from 'node:worker_threads';
import { passesOf, type OnRows, type Passes, type PassResult, type PassTask, type WorkerStart } from './passes.ts';
import type { FromWorker, ToWorker } from './worker.ts';

/** Of a worker. Memory does not grow with the ledger; without a limit garbage is let lie until the machine's memory is taken. */
const HEAP_LIMITS = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 24 };
const END_TIMEOUT_MS = 5_000;

interface Waiting {
  task: PassTask;
  done: (outcome: { result: PassResult; seconds: number }) => void;
  failed: (error: Error) => void;
}

/** Whoever runs passes. */
export interface PassRunner {
  run(task: PassTask): Promise<{ result: PassResult; seconds: number }>;
  fail(error: Error): void;
  close(): Promise<void>;
}

/** Passes one after the other in this thread: starting others takes longer than reading a small ledger. */
export class Inline implements PassRunner {
  private readonly passes: Passes;
  private readonly onRows: OnRows;
  private last: Promise<unknown> = Promise.resolve();
  private failure: Error | null = null;

  constructor(start: WorkerStart, onRows: OnRows) {
    this.passes = passesOf(start);
    this.onRows = onRows;
  }

  run(task: PassTask): Promise<{ result: PassResult; seconds: number }> {
    const next = this.last.then(async () => {
      if (this.failure !== null) throw this.failure;
      const since = performance.now();
      const result = await this.passes.run(task, this.onRows);
      return { result, seconds: (performance.now() - since) / 1000 };
    });
    this.last = next.catch(() => undefined);
    return next;
  }

  fail(error: Error): void {
    this.failure ??= error;
  }

  async close(): Promise<void> {
    await this.last;
    await this.passes.close();
  }
}

function asThrown({ name, message, stack }: { name: string; message: string; stack: string | undefined }): Error {
  const error = new Error(message);
  error.name = name;
  if (stack !== undefined) error.stack = stack;
  return error;
}

/** Worker threads that take passes from one queue. */
export class Crew implements PassRunner {
  private readonly idle: Worker[] = [];
  private readonly workers: Worker[];
  private readonly busy = new Map<Worker, Waiting>();
  private readonly queue: Waiting[] = [];
  private readonly onRows: OnRows;
  private failure: Error | null = null;

  constructor(start: WorkerStart, threads: number, onRows: OnRows) {
    this.onRows = onRows;
    this.workers = Array.from({ length: threads }, () => {
      const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: start, resourceLimits: HEAP_LIMITS });
      worker.on('message', (message: FromWorker) => this.receive(worker, message));
      worker.on('error', (error) => this.fail(error as Error));
      this.idle.push(worker);
      return worker;
    });
  }

  run(task: PassTask): Promise<{ result: PassResult; seconds: number }> {
    return new Promise((done, failed) => {
      this.queue.push({ task, done, failed });
      this.give();
    });
  }

  /** All that is under way and all that waits ends with this error. */
  fail(error: Error): void {
    this.failure ??= error;
    for (const { failed } of [...this.busy.values(), ...this.queue.splice(0)]) failed(error);
    this.busy.clear();
  }

  private give(): void {
    if (this.failure !== null) return this.fail(this.failure);
    while (this.queue.length > 0 && this.idle.length > 0) {
      const worker = this.idle.pop()!;
      const waiting = this.queue.shift()!;
      this.busy.set(worker, waiting);
      worker.postMessage({ type: 'task', task: waiting.task } satisfies ToWorker);
    }
  }

  private receive(worker: Worker, message: FromWorker): void {
    if (message.type === 'rows') return this.onRows(message.pass, message.count);
    const waiting = this.busy.get(worker);
    this.busy.delete(worker);
    this.idle.push(worker);
    if (message.type === 'failed') waiting?.failed(asThrown(message));
    else waiting?.done({ result: message.result, seconds: message.seconds });
    this.give();
  }

  async close(): Promise<void> {
    await Promise.all(
      this.workers.map(async (worker) => {
        const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
        const timer = setTimeout(() => void worker.terminate(), this.busy.size > 0 ? 0 : END_TIMEOUT_MS);
        worker.postMessage({ type: 'end' } satisfies ToWorker);
        await ended;
        clearTimeout(timer);
      }),
    );
  }
}
