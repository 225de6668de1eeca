/** A digit somewhere tells it from the codes of the system, such as EPIPE: all of PostgreSQL's have one. */
const SQL_STATE = /^(?=.*\d)[0-9A-Z]{5}$/;

/** The five-character SQLSTATE of a PostgreSQL error, or undefined for anything else. */
export function sqlState(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && SQL_STATE.test(code) ? code : undefined;
}

/**
 * Whether the error says that the connection or the server went away (class 08, 57P01–57P03, socket errors), so that what the last statement did is not
 * known from it. Everything else was answered by a living server.
 */
export function isConnectionError(error: unknown): boolean {
  const state = sqlState(error);
  if (state !== undefined)
    return (
      state.startsWith('08') ||
      state === '57P01' ||
      state === '57P02' ||
      state === '57P03' ||
      state === '25P03' ||
      state === '25P04' ||
      state === '57P05'
    );
  const { code, message } = error as { code?: string; message?: string };
  if (code !== undefined && ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EHOSTUNREACH', 'ENOENT'].includes(code))
    return true;
  return /Connection terminated|connection (is )?(closed|ended)|not queryable|timeout exceeded when trying to connect|Connection ended|Query read timeout/i.test(
    message ?? '',
  );
}
