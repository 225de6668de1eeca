/** Of name look-ups and of connections that were not made. */
const BEFORE_CONNECTING: readonly string[] = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT'];
/** These end connections as well: what the system was asked for tells which it was. */
const WHILE_CONNECTING: readonly string[] = ['EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT'];
const CAUSES_MAX = 5;

/** Of an error as much as is looked at; it may be of another realm, where instanceof does not know it. */
interface Fault {
  message?: string;
  code?: string;
  syscall?: string;
  errors?: unknown[];
  cause?: Fault;
}

/**
 * Whether a request surely was not sent, because there was no connection to send it on. Node says so; a browser tells nobody what happened on the network, and what is
 * not known is false.
 */
export function isNeverSent(error: unknown): boolean {
  let fault = error as Fault | null | undefined;
  for (let depth = 0; depth < CAUSES_MAX && typeof fault === 'object' && fault !== null; depth++) {
    const { code = '', syscall, errors = [], cause } = fault;
    // One for each address of the host.
    if (errors.length > 0) return errors.every(isNeverSent);
    if (BEFORE_CONNECTING.includes(code) || (WHILE_CONNECTING.includes(code) && syscall === 'connect')) return true;
    fault = cause;
  }
  return false;
}

/** Whether fetch itself refuses the port (https://fetch.spec.whatwg.org/#port-blocking), as Node says. */
export const isBlockedPort = (error: unknown): boolean => (error as Fault).cause?.message === 'bad port';

/** Browsers and Node say "fetch failed" and hide why in the cause. */
export function faultOf(error: unknown): Error {
  const { message, cause } = error as Fault;
  // Where every address of a host was tried, only the code says why.
  const why = cause?.message || cause?.code;
  return why === undefined ? (error as Error) : new Error(`${message} (${why})`, { cause: error });
}
