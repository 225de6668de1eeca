import type { PROBLEM_CODES } from './generated/problems.ts';

/** Codes of the API this client was made for, and `unexpected_answer` for what is not an answer of LedgerFlow. A later API may have more. */
export type ProblemCode = (typeof PROBLEM_CODES)[number] | 'unexpected_answer' | (string & {});

export interface CallFacts {
  operation: string;
  attempts: number;
  /** Of a command: the key under which it was sent. Trying again under it is safe. */
  idempotencyKey: string | null;
  /** Whether the change may have been made all the same. A command under a key: send it again under the same key to learn. An admin action has none: look. */
  isOutcomeUnknown: boolean;
}

/**
 * Every error of this client but a request that can never be sent (LedgerFlowRequestError) and the reason of a caller's own abort signal. That reason is the `cause` of a LedgerFlowError when it
 * ended a command that had been sent, whose key is needed to learn what became of it.
 */
export class LedgerFlowError extends Error {
  override name = 'LedgerFlowError';
  readonly operation: string;
  readonly attempts: number;
  readonly idempotencyKey: string | null;
  readonly isOutcomeUnknown: boolean;

  constructor(message: string, facts: CallFacts, options?: ErrorOptions) {
    super(message, options);
    this.operation = facts.operation;
    this.attempts = facts.attempts;
    this.idempotencyKey = facts.idempotencyKey;
    this.isOutcomeUnknown = facts.isOutcomeUnknown;
  }
}

/** No whole answer came: connection refused or lost, time over. `cause` has the last fault. */
export class LedgerFlowUnreachable extends LedgerFlowError {
  override name = 'LedgerFlowUnreachable';
}

export interface ProblemDocument {
  code: ProblemCode;
  status: number;
  title: string;
  detail: string;
  field?: string;
  requestId?: string;
  [parameter: string]: unknown;
}

/** The ledger answers its refusals with these; every other 4xx was given before anybody looked at the command. */
const REFUSAL_STATUSES = [404, 409, 412, 422];
/** Of a proxy on the way, and of a gateway that does not know the route: no ledger was asked. */
const NOT_OF_THE_LEDGER: readonly string[] = ['unexpected_answer', 'not_found'];

export const isRefusal = ({ status, code }: Pick<ProblemDocument, 'status' | 'code'>): boolean =>
  REFUSAL_STATUSES.includes(status) && !NOT_OF_THE_LEDGER.includes(code);

const MEMBERS = new Set(['type', 'title', 'status', 'code', 'detail', 'field', 'requestId']);

/** The API said no (RFC 9457). `code` is stable and tells what; `parameters` are the further members of the document (account, available, …). */
export class LedgerFlowProblem extends LedgerFlowError {
  override name = 'LedgerFlowProblem';
  readonly code: ProblemCode;
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  /** The body path, parameter or header that is wrong. */
  readonly field: string | null;
  /** To be named when asking the people who run LedgerFlow. */
  readonly requestId: string | null;
  readonly parameters: Readonly<Record<string, unknown>>;

  constructor(document: ProblemDocument, facts: CallFacts) {
    super(`${document.code}: ${document.detail}`, facts);
    this.code = document.code;
    this.status = document.status;
    this.title = document.title;
    this.detail = document.detail;
    this.field = document.field ?? null;
    this.requestId = document.requestId ?? null;
    this.parameters = Object.fromEntries(Object.entries(document).filter(([name]) => !MEMBERS.has(name)));
  }

  /**
   * The ledger itself refused the command: neither this attempt nor an earlier one under its key had an effect, nor will a later one, which is answered with the same. False where it was turned
   * away before any ledger was asked.
   */
  get isRefusal(): boolean {
    return isRefusal(this);
  }
}

const TEXT_SHOWN_MAX = 200;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The problem in an answer that is no success, whoever gave it: a proxy on the way answers with a page of its own. */
export function problemOf(response: Response, text: string): ProblemDocument {
  const requestId = response.headers.get('x-request-id') ?? undefined;
  const value = parsed(text) as Partial<ProblemDocument> | null;
  if (typeof value?.code === 'string' && typeof value.title === 'string') {
    return {
      ...value,
      code: value.code,
      title: value.title,
      status: response.status,
      detail: value.detail ?? value.title,
      requestId: value.requestId ?? requestId,
    };
  }
  const detail = text.slice(0, TEXT_SHOWN_MAX).replaceAll(/\s+/g, ' ').trim();
  return {
    code: 'unexpected_answer',
    status: response.status,
    title: 'The answer is not one of LedgerFlow',
    detail: `status ${response.status}${detail === '' ? '' : `, ${detail}`}`,
    requestId,
  };
}
