import { KEY_PATTERN, PROBLEMS } from '@ledgerflow/contracts';
import { Type, type Static } from 'typebox';
import type { Outcome } from '../../commands/commands.ts';
import { type Answer, type Call, route } from '../../contract/route.ts';
import { body, commandQuery, IdempotencyKey, Movement, ProblemSchema } from '../../contract/schemas.ts';
import { isProblem, Problem, problemDocument } from '../../http/problem.ts';
import { renderMovement, renderMovements } from '../../rendering/movement.ts';
import type { Services } from '../../services.ts';
import { postTransactionOf, transactionProperties } from './transaction.ts';

const TRANSACTIONS_MAX = 1_000;
const KEY = new RegExp(KEY_PATTERN);

const Item = body({ idempotencyKey: Type.Optional(IdempotencyKey), ...transactionProperties });
const BatchBody = body({ atomic: Type.Boolean(), transactions: Type.Array(Item, { minItems: 1, maxItems: TRANSACTIONS_MAX }) });
const BatchAnswer = Type.Object({
  results: Type.Array(Type.Object({ status: Type.Integer(), transaction: Type.Optional(Movement), problem: Type.Optional(ProblemSchema) })),
});

/** A transaction that failed so may have been posted all the same. */
const UNCERTAIN: readonly string[] = ['unavailable', 'internal'];

type BatchCall = Call<Static<typeof commandQuery>, Static<typeof BatchBody>>;

export const createTransactionBatch = route({
  id: 'createTransactionBatch',
  method: 'POST',
  path: '/ledgers/{ledger}/transactions/batch',
  tag: 'Money',
  summary: 'Post up to 1,000 transactions: all or none (atomic), or each on its own',
  query: commandQuery,
  body: BatchBody,
  answers: { 200: BatchAnswer, 201: BatchAnswer },
  access: { role: 'operator', ledger: 'path' },
  command: true,
  handle: (call, services) => (call.body.atomic ? postAtomic(call, services) : postEach(call, services)),
});

/** One command, one record: 201 for all, or one problem that names the failing index. */
async function postAtomic(call: BatchCall, { commands }: Services): Promise<Answer> {
  const { transactions } = call.body;
  const keyed = transactions.findIndex(({ idempotencyKey }) => idempotencyKey !== undefined);
  if (keyed >= 0)
    throw new Problem('invalid_request', {
      detail: 'An atomic batch has one key, that of the header',
      field: `transactions.${keyed}.idempotencyKey`,
    });
  const value = { transactions: transactions.map(({ idempotencyKey: _none, ...transaction }) => postTransactionOf(transaction)) };
  const outcome = await commands.run(call, call.params['ledger'] as string, { $case: 'postBatch', value });
  const results = renderMovements(outcome.json).map((transaction) => ({ status: 201, transaction }));
  return commands.answer(call, 201, outcome, { results });
}

function keysOf(call: BatchCall): string[] {
  const used = new Set<string>();
  return call.body.transactions.map(({ idempotencyKey }, index) => {
    const key = idempotencyKey ?? `${call.idempotencyKey}/${index}`;
    if (!KEY.test(key))
      throw new Problem('idempotency_key_invalid', { detail: 'Idempotency-Key is too long for "<key>/<index>"', field: 'Idempotency-Key' });
    if (used.has(key))
      throw new Problem('invalid_request', {
        detail: 'The key is used twice in this batch',
        field: `transactions.${index}.idempotencyKey`,
      });
    used.add(key);
    return key;
  });
}

/**
 * Independent transactions, each under its own key, so that a retry of the whole finishes what is missing. 201 when all were created, else 200 and each says its
 * own status; when nothing could be decided at all, that problem is the answer, so that a client's usual retry applies: of several the
 * one that leaves most open, for `overloaded` says that nothing happened.
 */
async function postEach(call: BatchCall, { commands }: Services): Promise<Answer> {
  const keys = keysOf(call);
  const bytes = Math.ceil(call.bodyBytes / keys.length);
  const ledger = call.params['ledger'] as string;
  const settled = await Promise.allSettled(
    call.body.transactions.map(({ idempotencyKey: _own, ...transaction }, index) =>
      commands.run(
        call,
        ledger,
        { $case: 'postTransaction', value: postTransactionOf(transaction) },
        { key: keys[index] as string, bytes },
      ),
    ),
  );
  const outcomes: Outcome[] = [];
  const problems: Problem[] = [];
  const results = settled.map((one) => {
    if (one.status === 'fulfilled') {
      outcomes.push(one.value);
      return { status: 201, transaction: renderMovement(one.value.json) };
    }
    if (!isProblem(one.reason)) throw one.reason;
    problems.push(one.reason);
    return { status: one.reason.status, problem: problemDocument(one.reason, call.requestId) };
  });
  if (outcomes.length === 0 && problems.every(({ code }) => PROBLEMS[code].retry || code === 'forbidden'))
    throw problems.find(({ code }) => UNCERTAIN.includes(code)) ?? (problems[0] as Problem);
  const status = problems.length === 0 ? 201 : 200;
  const latest = outcomes.reduce<Outcome | null>((a, b) => (a === null || b.place.position > a.place.position ? b : a), null);
  if (latest === null) return { status, body: { results } };
  return commands.answer(
    call,
    status,
    { json: latest.json, place: latest.place, replayed: problems.length === 0 && outcomes.every(({ replayed }) => replayed) },
    { results },
  );
}
