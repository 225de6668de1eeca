import type { V1Status } from '@kubernetes/client-node';

/** What the API server said no to, or (status 0) that it could not be asked. */
export class KubeError extends Error {
  override readonly name = 'KubeError';
  /** HTTP status, or the code of the Status in an ERROR event of a watch; 0 when there was no answer. */
  readonly status: number;
  /** The machine-readable reason of the Status (`Conflict`, `AlreadyExists`, `Expired`, …); `Unreachable`, `Timeout` or `Malformed` when there was no whole answer. */
  readonly reason: string;
  /** How long the server wants to be left alone; null when it did not say. */
  readonly retryAfterMs: number | null;
  readonly details: V1Status['details'];

  constructor(
    message: string,
    options: { status: number; reason: string; retryAfterMs?: number | null; details?: V1Status['details']; cause?: unknown },
  ) {
    super(message, { cause: options.cause });
    this.status = options.status;
    this.reason = options.reason;
    this.retryAfterMs = options.retryAfterMs ?? null;
    this.details = options.details;
  }

  /** Somebody else wrote meanwhile: read again, decide again. */
  get isConflict(): boolean {
    return this.status === 409 && this.reason !== 'AlreadyExists';
  }

  get isAlreadyExists(): boolean {
    return this.status === 409 && this.reason === 'AlreadyExists';
  }

  /** The version asked for is no longer kept: only a new list helps. */
  get isExpired(): boolean {
    return this.status === 410 || this.reason === 'Expired' || this.reason === 'Gone';
  }

  /** The same may go well later, without anybody changing the request. */
  get isRetryable(): boolean {
    return this.status === 0 || this.status === 401 || this.status === 408 || this.status === 429 || this.status >= 500 || this.isConflict;
  }
}

/** A write was not sent, because this process is not, or not for long enough, the leader. */
export class NotLeaderError extends Error {
  override readonly name = 'NotLeaderError';
}
