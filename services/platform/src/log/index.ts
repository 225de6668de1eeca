import { destination, pino, stdTimeFunctions, symbols, type Logger, type LoggerOptions } from 'pino';

export type { Logger } from 'pino';

/** Members whose values are never written, wherever they appear at the top or two levels down. */
const SECRET_FIELDS = new Set([
  'authorization',
  'cookie',
  'password',
  'secret',
  'token',
  'access_token',
  'client_secret',
  'connectionString',
  'idempotencyKey',
]);
const SECRET_DEPTH_MAX = 2;
const CREDENTIALS_IN_URL = /(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@]*:)[^\s@/]+@/gi;

/** Takes passwords out of URLs inside any text, such as an error message of a driver. */
export function withoutCredentials(message: string): string {
  return message.replace(CREDENTIALS_IN_URL, '$1***@');
}

/**
 * The object without its secrets; itself when it has none. Own code because pino's redaction, which must look for each name at each level, took 27 µs of a line's
 * 32 where this takes less than one.
 */
export function withoutSecrets(value: Record<string, unknown>, depth = 0): Record<string, unknown> {
  let copy: Record<string, unknown> | null = null;
  for (const key of Object.keys(value)) {
    const member = value[key];
    let clean = member;
    if (SECRET_FIELDS.has(key)) clean = '[redacted]';
    else if (typeof member === 'object' && member !== null && depth < SECRET_DEPTH_MAX && !(member instanceof Error))
      clean = withoutSecrets(member as Record<string, unknown>, depth + 1);
    if (clean !== member)
      (copy ??= Array.isArray(value) ? ([...(value as unknown[])] as unknown as Record<string, unknown>) : { ...value })[key] = clean;
  }
  return copy ?? value;
}

/** Lines are written together, this many bytes or after this long: a write for each took 7 % of the gateway's time. */
const WRITE_BYTES = 8 * 1024;
const WRITE_INTERVAL_MS = 100;
/** Of lines that standard output does not take; further ones are dropped rather than the service held up. */
const WAITING_BYTES_MAX = 8 * 1024 * 1024;

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
  const options: LoggerOptions = {
    level,
    base: { service, pid: process.pid },
    timestamp: stdTimeFunctions.isoTime,
    serializers: {
      err: (error: unknown) => {
        if (!(error instanceof Error)) return error;
        const { name, message, stack } = error;
        return {
          name,
          message: withoutCredentials(message),
          code: (error as { code?: unknown }).code,
          stack: withoutCredentials(stack ?? ''),
        };
      },
    },
    formatters: {
      level: (label) => ({ level: label }),
      log: (line) => withoutSecrets(line),
      bindings: (bindings) => withoutSecrets(bindings),
    },
  };
  const log = pino(options, lines);
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
