import { PROBLEMS, type ProblemCode } from '@ledgerflow/contracts';

export interface ProblemOptions {
  /** What is wrong with this very request, for people. */
  detail?: string;
  /** The offending field: a body path (`postings.0.amount`), a query parameter, a path parameter or a header. */
  field?: string;
  /** What the refusal is about; extra members of the document. */
  parameters?: Readonly<Record<string, string>>;
  headers?: Readonly<Record<string, string>>;
}

/** How long a client should wait after an answer that a later try may change. */
const RETRY_AFTER_SECONDS = 1;

/** An answer that is not a success. Thrown by handlers, rendered as RFC 9457 by the one place that answers. */
export class Problem extends Error {
  override name = 'Problem';
  readonly code: ProblemCode;
  readonly options: ProblemOptions;

  constructor(code: ProblemCode, options: ProblemOptions = {}) {
    super(options.detail ?? PROBLEMS[code].title);
    this.code = code;
    this.options = options;
  }

  get status(): number {
    return PROBLEMS[this.code].status;
  }
}

/** RFC 9457. The type is a URN made of the code: stable, and nobody is tempted to fetch it. */
export function problemDocument({ code, options }: Problem, requestId: string): Record<string, unknown> {
  const { status, title } = PROBLEMS[code];
  return {
    ...options.parameters,
    type: `urn:ledgerflow:problem:${code}`,
    title,
    status,
    code,
    detail: options.detail ?? title,
    ...(options.field === undefined ? {} : { field: options.field }),
    requestId,
  };
}

export function problemHeaders({ code, options }: Problem): Record<string, string> {
  const { status, retry } = PROBLEMS[code];
  return {
    ...(retry && (status === 503 || status === 429) ? { 'retry-after': String(RETRY_AFTER_SECONDS) } : {}),
    ...(status === 401 ? { 'www-authenticate': 'Bearer realm="ledgerflow"' } : {}),
    ...options.headers,
  };
}

export function isProblem(error: unknown): error is Problem {
  return error instanceof Problem;
}
