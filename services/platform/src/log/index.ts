import { pino, type Logger } from 'pino';

export type { Logger } from 'pino';

/** Paths whose values are never written, wherever they appear at the top or one level down. */
const SECRET_FIELDS = ['authorization', 'cookie', 'password', 'secret', 'token', 'access_token', 'client_secret', 'connectionString', 'idempotencyKey'];
const CREDENTIALS_IN_URL = /(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@]*:)[^\s@/]+@/gi;

/** Takes passwords out of URLs inside any text, such as an error message of a driver. */
export function withoutCredentials(message: string): string {
  return message.replace(CREDENTIALS_IN_URL, '$1***@');
}

/** JSON lines on standard output; one logger a process, children for request ids and parts. */
export function createLogger(service: string, level: string): Logger {
  return pino({
    level,
    base: { service, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]), censor: '[redacted]' },
    serializers: {
      err: (error: unknown) => {
        if (!(error instanceof Error)) return error;
        const { name, message, stack } = error;
        return { name, message: withoutCredentials(message), code: (error as { code?: unknown }).code, stack: withoutCredentials(stack ?? '') };
      },
    },
    formatters: { level: (label) => ({ level: label }) },
  });
}

/** For tests and tools. */
export const silentLogger: Logger = pino({ level: 'silent' });
