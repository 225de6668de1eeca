import { type DestinationStream, destination, pino, stdTimeFunctions, symbols, type Logger, type LoggerOptions } from 'pino';
import { withoutCredentials, withoutSecrets } from './secrets.ts';

export type { Logger } from 'pino';
export { withoutCredentials, withoutSecrets } from './secrets.ts';

/** Lines are written together, this many bytes or after this long: a write for each took 7 % of the gateway's time. */
const WRITE_BYTES = 8 * 1024;
const WRITE_INTERVAL_MS = 100;
/** Of lines that standard output does not take; further ones are dropped rather than the service held up. */
const WAITING_BYTES_MAX = 8 * 1024 * 1024;

/** A logger whose lines go to `lines`, without what is secret in them. */
export function loggerTo(lines: DestinationStream, service: string, level: string): Logger {
  const options: LoggerOptions = {
    level,
    base: { service, pid: process.pid },
    timestamp: stdTimeFunctions.isoTime,
    serializers: {
      err: (error: unknown) => {
        if (!(error instanceof Error)) return error;
        const { name, message, stack } = error;
        return { name, message, code: (error as { code?: unknown }).code, stack: stack ?? '' };
      },
    },
    formatters: {
      level: (label) => ({ level: label }),
      log: (line) => withoutSecrets(line),
      bindings: (bindings) => withoutSecrets(bindings),
    },
    // The last thing that is done to a line: whatever member, message or depth a secret is in.
    hooks: { streamWrite: withoutCredentials },
  };
  return pino(options, lines);
}

/** JSON lines on standard output (of a command whose output is for others: standard error); what waits is written when the process ends by itself, and at once after a fatal line. One logger a process, children for request ids and parts. */
export function createLogger(service: string, level: string, stream: 'stdout' | 'stderr' = 'stdout'): Logger {
  const lines = destination({
    fd: process[stream].fd,
    sync: false,
    minLength: WRITE_BYTES,
    periodicFlush: WRITE_INTERVAL_MS,
    maxLength: WAITING_BYTES_MAX,
  });
  let dropped = 0;
  lines.on('drop', () => (dropped += 1));
  const log = loggerTo(lines, service, level);
  lines.on('drain', () => {
    if (dropped === 0) return;
    const count = dropped;
    dropped = 0;
    log.warn({ lines: count }, 'log lines were dropped: standard output did not take them');
  });
  return log;
}

/** How long a process that is done waits for what it has logged to be taken. */
const LAST_LINES_MS = 1_000;

/**
 * Resolves when all lines are written, or given up because nobody takes them. To be awaited before process.exit: what is left is written there without an end to
 * the attempts (sonic-boom 4.2.1, flushSync: EPIPE and EAGAIN are tried again for ever), so a service whose reader was gone or stuck never ended.
 */
export function flushed(log: Logger): Promise<void> {
  return new Promise((resolve) => {
    const giveUp = (): void => {
      const lines = (log as unknown as Record<symbol, { destroy?: () => void } | undefined>)[symbols.streamSym];
      lines?.destroy?.();
      resolve();
    };
    const timer = setTimeout(giveUp, LAST_LINES_MS);
    log.flush((error) => {
      clearTimeout(timer);
      if (error === undefined || error === null) resolve();
      else giveUp();
    });
  });
}

/** For tests and tools. */
export const silentLogger: Logger = pino({ level: 'silent' });
