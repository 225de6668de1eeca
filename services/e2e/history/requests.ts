import { hash } from 'node:crypto';
import type { Answer } from '../stack/client.ts';
import type { Command, Posting, ReadQuestion, Write, WriteOutcome } from './history.ts';
import { CURRENCY, money, REASON } from './render.ts';

const HTTP_TOO_MANY_REQUESTS = 429;
const HTTP_ERROR = 500;
const HTTP_REFUSED = 400;

export const principalOf = (client: number): string => `history-${client}`;

/** How a key is stored: the log has the first 16 bytes of a hash of route class, principal and key (docs/concepts/the-log.md). */
export const storedKeyOf = (principal: string, key: string): string => hash('sha256', `api\0${principal}\0${key}`, 'hex').slice(0, 32);

/** What is sent once: one write, or those of an independent batch, each under a key of its own. */
export interface WriteRequest {
  ledger: string;
  owner: number;
  /** The Idempotency-Key header. */
  key: string;
  independent: boolean;
  writes: readonly Write[];
}

const body = ({ from, to, amount }: Posting) => ({ from, to, amount: money(amount), currency: CURRENCY });

function bodyOf(command: Command): { path: string; body: unknown } {
  if (command.kind === 'freeze') return { path: `/accounts/${command.account}/freeze`, body: { reason: REASON, scope: command.scope } };
  if (command.kind === 'unfreeze') return { path: `/accounts/${command.account}/unfreeze`, body: { reason: REASON } };
  const postings = (command.transactions[0] ?? []).map(body);
  const [first] = command.transactions[0] as readonly [Posting];
  const single = { amount: money(first.amount), currency: CURRENCY };
  switch (command.route) {
    case 'deposit':
      return { path: `/accounts/${first.to}/deposits`, body: single };
    case 'withdrawal':
      return { path: `/accounts/${first.from}/withdrawals`, body: single };
    case 'transfer':
      return { path: '/transfers', body: postings[0] };
    case 'transaction':
      return { path: '/transactions', body: { postings } };
    case 'batch':
      return {
        path: '/transactions/batch',
        body: { atomic: true, transactions: command.transactions.map((one) => ({ postings: one.map(body) })) },
      };
  }
}

/** The request as HTTP has it: path below the ledger, body, further headers. */
export function httpOf({ independent, writes }: WriteRequest): { path: string; body: unknown; headers: Record<string, string> } {
  const [{ command }] = writes as [Write];
  if (!independent) {
    const expected = command.kind === 'move' ? command.expected : null;
    return { ...bodyOf(command), headers: expected === null ? {} : { 'if-match': `"${expected.version}"` } };
  }
  const transactions = writes.map((write) => bodyOf(write.command).body);
  return { path: '/transactions/batch', body: { atomic: false, transactions }, headers: {} };
}

/** A problem without what names the request rather than the outcome. */
function withoutRequestId(problem: Record<string, unknown>): string {
  const { requestId: _requestId, ...rest } = problem;
  return JSON.stringify(rest);
}

function outcomeOf(status: number, text: string, problem: Record<string, unknown> | null, replayed: boolean | null): WriteOutcome {
  if (status >= HTTP_ERROR || status === HTTP_TOO_MANY_REQUESTS || problem === null)
    return { kind: 'unknown', reason: `${status} ${String(problem?.['code'])} ${problem === null ? text.slice(0, 100) : ''}`.trim() };
  if (status < HTTP_REFUSED) return { kind: 'ok', answer: text, replayed };
  return { kind: 'refused', status, code: String(problem['code']), answer: withoutRequestId(problem), replayed };
}

interface Item {
  status: number;
  transaction?: Record<string, unknown>;
  problem?: Record<string, unknown>;
}

/** What an answer says of each write of the request. */
export function outcomesOf(request: WriteRequest, answer: Answer): WriteOutcome[] {
  const { status, text, headers } = answer;
  const parsed = answer.body as Record<string, unknown> | null;
  const replayed = headers.get('idempotency-replayed') === 'true';
  const results = parsed?.['results'];
  if (!request.independent || status >= HTTP_REFUSED || !Array.isArray(results)) {
    // A batch that was refused as a whole says nothing of its items' own keys.
    return request.writes.map(() => outcomeOf(status, text, parsed, request.independent ? null : replayed));
  }
  return request.writes.map((_, index) => {
    const item = results[index] as Item | undefined;
    if (item === undefined) return { kind: 'unknown', reason: 'the batch was answered without it' };
    return outcomeOf(item.status, JSON.stringify(item.transaction), item.transaction ?? item.problem ?? null, null);
  });
}

/** What clients learn from an answer. */
export interface AnsweredMove {
  recordedAt?: string;
  entries?: { account: string; version: string }[];
}

/** A question as HTTP has it: the path below the ledger. */
export function pathOf(question: ReadQuestion): string {
  switch (question.kind) {
    case 'balance':
      return `/accounts/${question.account}/balance`;
    case 'balance-at':
      return `/accounts/${question.account}/balance?at=${question.at}`;
    case 'entries': {
      const cursor = question.after === null ? '' : `&cursor=${encodeURIComponent(question.after.cursor)}`;
      return `/accounts/${question.account}/entries?from=${question.from}&limit=${question.limit}${cursor}`;
    }
    case 'log':
      return `/events?after=${question.after}&limit=${question.limit}`;
  }
}
