import type { HttpAnswer } from '../driver/index.ts';
import { isWrite } from './requests.ts';
import type { Operation } from './plan.ts';

/**
 * What an answer means for an operation.
 * - done: it had its effect (of a batch: the transfers of `done`)
 * - refused: by a rule of the ledger that a load expects to meet; no effect
 * - busy: not now, by a bound of the service; this attempt had no effect, an earlier one whose outcome is unknown may have had it
 * - unknown: whether it had its effect can only be told by trying again under the same key
 * - fault: what must not happen; `isUnknown` when this attempt may have had its effect, `isConclusive` when neither it nor an earlier attempt can have had it
 */
export type Verdict =
  | { kind: 'done'; position: bigint | null; items: ItemVerdicts | null }
  | { kind: 'refused'; code: string }
  | { kind: 'busy'; code: string }
  | { kind: 'unknown'; code: string; retryAfterMs: number | null; items?: ItemVerdicts }
  | { kind: 'fault'; what: string; example: string; isUnknown: boolean; isConclusive: boolean; items?: ItemVerdicts };

/** Of a batch: which transfers were done, which were refused, and how many by which code. */
export interface ItemVerdicts {
  done: boolean[];
  isRefused: boolean[];
  refused: Map<string, number>;
}

const EXPECTED_REFUSAL = 'insufficient_funds';
const TEXT_SHOWN_MAX = 300;
const MS_PER_SECOND = 1_000;

interface Body {
  position?: unknown;
  asOfPosition?: unknown;
  code?: unknown;
  results?: unknown;
}

function parse(text: string): Body | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
}

const codeOf = (body: Body | null | undefined): string | null => (typeof body?.code === 'string' ? body.code : null);

const positionOf = (value: unknown): bigint | null => (typeof value === 'string' && /^\d{1,18}$/.test(value) ? BigInt(value) : null);

/** The ledger has looked at the command itself, and would have answered with its result had it been done before. */
const CONCLUSIVE_STATUSES = [404, 422];

const fault = (operation: Operation, answer: HttpAnswer, what: string): Verdict & { kind: 'fault' } => ({
  kind: 'fault',
  what: `${operation.kind}: ${what}`,
  example: `${answer.status} ${answer.text.slice(0, TEXT_SHOWN_MAX)}`,
  // A success that cannot be read is one of which nothing is known.
  isUnknown: (answer.status >= 500 || answer.status < 400) && isWrite(operation),
  isConclusive: CONCLUSIVE_STATUSES.includes(answer.status),
});

export function retryAfterMs({ headers }: HttpAnswer): number | null {
  const seconds = Number(headers['retry-after'] ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * MS_PER_SECOND : null;
}

/**
 * Each transfer of a batch is answered by itself. 429 and 503 of one mean that the whole is to be sent again: what was done then answers as it did. What was done is
 * known also when something else is not.
 */
function judgeBatch(operation: Operation & { kind: 'batch' }, answer: HttpAnswer, body: Body): Verdict {
  const results = Array.isArray(body.results) ? (body.results as { status?: number; transaction?: Body; problem?: Body }[]) : [];
  if (results.length !== operation.transfers.length) return fault(operation, answer, 'not one result a transaction');
  const items: ItemVerdicts = { done: [], isRefused: [], refused: new Map() };
  let position: bigint | null = null;
  let busyCode: string | null = null;
  const wrong: { what: string; isUnknown: boolean }[] = [];
  for (const { status, transaction, problem } of results) {
    const at = positionOf(transaction?.position);
    const isDone = status === 201 && at !== null;
    const isRefused = status === 422 && problem?.code === EXPECTED_REFUSAL;
    if (isDone && (position === null || at > position)) position = at;
    if (isRefused) items.refused.set(EXPECTED_REFUSAL, (items.refused.get(EXPECTED_REFUSAL) ?? 0) + 1);
    items.done.push(isDone);
    items.isRefused.push(isRefused);
    if (isDone || isRefused) continue;
    if (status === 503 || status === 429) busyCode ??= codeOf(problem) ?? String(status);
    else {
      const isUnknown = !CONCLUSIVE_STATUSES.includes(status ?? 0);
      wrong.push({ what: `a transaction of the batch answered ${status} ${codeOf(problem)}`, isUnknown });
    }
  }
  const [first] = wrong;
  if (first !== undefined) {
    const isUnknown = busyCode !== null || wrong.some((one) => one.isUnknown);
    return { ...fault(operation, answer, first.what), isUnknown, isConclusive: !isUnknown, items };
  }
  if (busyCode !== null) return { kind: 'unknown', code: busyCode, retryAfterMs: retryAfterMs(answer), items };
  return { kind: 'done', position, items };
}

function judgeSuccess(operation: Operation, answer: HttpAnswer): Verdict {
  // A page of history is long: parsing each would cost more than the rest of the work here. Whether pages are right is found out after the run (check/history.ts).
  if (operation.kind === 'history') return { kind: 'done', position: null, items: null };
  const body = parse(answer.text);
  if (body === null) return fault(operation, answer, 'the answer is not a JSON object');
  if (operation.kind === 'batch') return judgeBatch(operation, answer, body);
  const position = positionOf(body.position ?? body.asOfPosition);
  return position === null ? fault(operation, answer, 'the answer has no position') : { kind: 'done', position, items: null };
}

export function judge(operation: Operation, answer: HttpAnswer): Verdict {
  const { status } = answer;
  const success = operation.kind === 'balance' || operation.kind === 'history' ? [200] : operation.kind === 'batch' ? [201, 200] : [201];
  if (success.includes(status)) return judgeSuccess(operation, answer);
  const code = codeOf(parse(answer.text)) ?? String(status);
  const mayLackFunds = operation.kind === 'withdraw' || operation.kind === 'transfer';
  if (status === 422 && code === EXPECTED_REFUSAL && mayLackFunds) return { kind: 'refused', code };
  if (status === 409 || status === 429) return { kind: 'busy', code };
  if (status === 503) return isWrite(operation) ? { kind: 'unknown', code, retryAfterMs: retryAfterMs(answer) } : { kind: 'busy', code };
  return fault(operation, answer, `answered ${status}${code === String(status) ? '' : ` ${code}`}`);
}

/** A request that got no answer. */
export function judgeFailure(operation: Operation, error: Error): Verdict {
  const { code = error.name } = error as NodeJS.ErrnoException;
  const reason = `no_answer_${code.toLowerCase()}`;
  return isWrite(operation) ? { kind: 'unknown', code: reason, retryAfterMs: null } : { kind: 'busy', code: reason };
}
