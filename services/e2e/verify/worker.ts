/** One thread of the verifier: runs passes as they are given to it, over connections of its own to the shared snapshots. */
import { parentPort, workerData } from 'node:worker_threads';
import { passesOf, type PassName, type PassResult, type PassTask, type WorkerStart } from './passes.ts';

export type ToWorker = { type: 'task'; task: PassTask } | { type: 'end' };
export type FromWorker =
  | { type: 'rows'; pass: PassName; count: number }
  | { type: 'done'; result: PassResult; seconds: number }
  | { type: 'failed'; name: string; message: string; stack: string | undefined };

const port = parentPort;
if (port === null) throw new Error('this is no program: verify starts it');
const passes = passesOf(workerData as WorkerStart);
const say = (message: FromWorker): void => port.postMessage(message);

async function handle(message: ToWorker): Promise<void> {
  if (message.type === 'end') {
    await passes.close();
    port!.close();
    return;
  }
  const since = performance.now();
  try {
    const result = await passes.run(message.task, (pass, count) => say({ type: 'rows', pass, count }));
    say({ type: 'done', result, seconds: (performance.now() - since) / 1000 });
  } catch (error) {
    const { name, message, stack } = error as Error;
    say({ type: 'failed', name, message, stack });
  }
}

port.on('message', (message: ToWorker) => void handle(message));
