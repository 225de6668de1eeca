import { LedgerFlowError, LedgerFlowProblem, LedgerFlowRequestError } from '@ledgerflow/client';

/** What a script can tell from the end of a command. */
export const EXIT = {
  done: { code: 0, meaning: 'Done' },
  fault: { code: 1, meaning: 'A fault of the command itself, or of its output' },
  usage: { code: 2, meaning: 'The command line, or what it asks for, is malformed (400, 405, 406, 413, 414, 415)' },
  refused: { code: 3, meaning: 'Refused by a rule of the ledger (422)' },
  unauthenticated: { code: 4, meaning: 'Not signed in, or the token is not accepted (401)' },
  forbidden: { code: 5, meaning: 'The role or the grant is missing (403)' },
  notFound: { code: 6, meaning: 'There is no such thing (404)' },
  conflict: { code: 7, meaning: 'It exists, is in progress, or has another version (409, 412)' },
  unavailable: { code: 8, meaning: 'Nothing answers, or not now (429, 5xx); nothing was changed' },
  unknown: {
    code: 9,
    meaning:
      'A change was sent and its outcome is unknown: repeat it with the --idempotency-key that was printed; dlq and rebuild take none: look whether it was done before you repeat it',
  },
  failed: { code: 10, meaning: 'What was waited for ended without success (a rebuild, a repair)' },
  interrupted: { code: 130, meaning: 'Interrupted (Ctrl-C, SIGTERM)' },
} as const;

export type ExitKind = keyof typeof EXIT;

const KINDS: Readonly<Record<number, ExitKind>> = {
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'notFound',
  409: 'conflict',
  412: 'conflict',
  422: 'refused',
  429: 'unavailable',
};

/** An end that the command itself found, told in one line. */
export class CommandError extends Error {
  override name = 'CommandError';
  readonly kind: ExitKind;

  constructor(kind: ExitKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }

  /** Of a token that was not to be had: whether it never will be, so that a stream does not ask again. */
  get isFinal(): boolean {
    return this.kind !== 'unavailable';
  }
}

export function kindOf(error: unknown): ExitKind {
  if (error instanceof CommandError) return error.kind;
  if (!(error instanceof LedgerFlowError)) return error instanceof LedgerFlowRequestError ? 'usage' : 'fault';
  if (error.isOutcomeUnknown) return 'unknown';
  // A token function that failed says why in its cause.
  if (error.cause instanceof CommandError) return error.cause.kind;
  if (!(error instanceof LedgerFlowProblem)) return 'unavailable';
  const kind = KINDS[error.status];
  if (kind !== undefined) return kind;
  return error.status >= 400 && error.status < 500 ? 'usage' : 'unavailable';
}
