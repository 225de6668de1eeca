/** The node can not do it now: down, slow, overloaded, blocked, or it does not let us in. The same call may succeed later; nothing is known of its effect. */
export class NodeUnavailableError extends Error {
  override name = 'NodeUnavailableError';
  /** HTTP status; null when there was no answer. */
  readonly status: number | null;
  constructor(message: string, status: number | null, cause?: unknown) {
    super(message, { cause });
    this.status = status;
  }
}

/** The node answered that it will not do this, now or later. */
export class NodeAnswerError extends Error {
  override name = 'NodeAnswerError';
  readonly status: number;
  /** OpenSearch's type, such as index_not_found_exception. */
  readonly type: string;
  constructor(message: string, status: number, type: string) {
    super(message);
    this.status = status;
    this.type = type;
  }
}

/** What OpenSearch says in the `error` of an answer or of a bulk item. */
export interface ErrorBody {
  type?: string;
  reason?: string;
  caused_by?: ErrorBody;
}

const REASON_CHARS_MAX = 500;
/** OpenSearch shows what it could not read, which may be personal. */
const PREVIEW = / Preview of field's value: .*| The prefix of the first immense term is: .*/s;

/** One bounded line without any value of a document. */
export function reasonOf(error: ErrorBody | string | undefined): string {
  if (typeof error === 'string') return error.slice(0, REASON_CHARS_MAX);
  const own = `${error?.type ?? 'unknown'}: ${(error?.reason ?? 'no reason given').replace(PREVIEW, '')}`;
  return own.slice(0, REASON_CHARS_MAX);
}

/** 401 and 403 are here because credentials, roles and write blocks (a full disk) are mended while we wait; nothing of the data is at fault. */
const LATER = new Set([401, 403, 408, 429]);

export const isLater = (status: number): boolean => LATER.has(status) || status >= 500;
