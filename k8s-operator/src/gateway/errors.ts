/** What the gateway said no to, or (status 0) that it could not be asked. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  /** HTTP status; 0 when there was no whole answer. */
  readonly status: number;
  /** The code of the problem document (`rebuild_not_found`, …), or unreachable, timeout, malformed, no_token (the identity provider was not reached), token_refused (it said no, or the secret is not there). */
  readonly code: string;

  constructor(message: string, options: { status: number; code: string; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.status = options.status;
    this.code = options.code;
  }

  /** The gateway or the identity provider answered, and that the operator may not ask: a person has to give it another identity. */
  get isRefusal(): boolean {
    return this.status === 401 || this.status === 403 || this.code === 'token_refused';
  }
}
