export { Periodic } from './periodic.ts';
import type { Logger } from '../log/index.ts';
import { flushed, withoutCredentials } from '../log/index.ts';
import { boundGarbage } from '../runtime/index.ts';

/** How long a graceful stop may take before the process ends anyway. */
export const STOP_TIMEOUT_MS = 15_000;

/** What a child tells its supervisor over the IPC channel, if there is one. */
export type SupervisorMessage = { type: 'ready'; ports: Record<string, number> } | { type: 'failed'; message: string };

interface Step {
  name: string;
  stop: () => Promise<void> | void;
}

/** Things to stop, in the reverse of the order in which they were started; each at most once, a failing one does not keep the others from stopping. */
export class Stoppable {
  private readonly steps: Step[] = [];
  private stopped: Promise<void> | null = null;

  add(name: string, stop: () => Promise<void> | void): void {
    this.steps.push({ name, stop });
  }

  stop(log: Logger): Promise<void> {
    this.stopped ??= (async () => {
      for (const step of this.steps.reverse()) {
        try {
          await step.stop();
        } catch (error) {
          log.error({ err: error, part: step.name }, 'a part did not stop cleanly');
        }
      }
    })();
    return this.stopped;
  }
}

/**
 * Runs a service: `start` builds its parts and names what to stop; SIGTERM, SIGINT or the loss of the supervisor's IPC channel stops them in reverse order,
 * bounded by STOP_TIMEOUT_MS. An uncaught error is logged and ends the process with 1 after the same stop: state after it is unknown.
 */
export async function runService(log: Logger, start: (parts: Stoppable) => Promise<{ ports: Record<string, number> }>): Promise<void> {
  boundGarbage();
  const parts = new Stoppable();
  let stopping = false;
  const stop = (reason: string, exitCode: number): void => {
    if (stopping) return;
    stopping = true;
    log.info({ reason }, 'stopping');
    const exit = (code: number): void => void flushed(log).then(() => process.exit(code));
    const timer = setTimeout(() => {
      log.error('did not stop in time');
      exit(1);
    }, STOP_TIMEOUT_MS);
    timer.unref();
    void parts.stop(log).then(() => {
      log.info('stopped');
      exit(exitCode);
    });
  };
  process.on('SIGTERM', () => stop('SIGTERM', 0));
  process.on('SIGINT', () => stop('SIGINT', 0));
  if (process.send !== undefined) process.on('disconnect', () => stop('the supervisor is gone', 0));
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'uncaught error');
    stop('uncaught error', 1);
  });
  process.on('unhandledRejection', (error) => {
    log.fatal({ err: error }, 'unhandled rejection');
    stop('unhandled rejection', 1);
  });
  try {
    const { ports } = await start(parts);
    log.info({ ports }, 'ready');
    process.send?.({ type: 'ready', ports } satisfies SupervisorMessage);
  } catch (error) {
    const message = withoutCredentials((error as Error).message);
    log.fatal({ err: error }, 'could not start');
    process.send?.({ type: 'failed', message } satisfies SupervisorMessage);
    stop('could not start', 1);
  }
}
