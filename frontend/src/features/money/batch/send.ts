import { type BodyOf, type DataOf, LedgerFlowProblem } from '@ledgerflow/client';
import type { Action } from '@reduxjs/toolkit';
import { judge } from '../intent/problem.ts';
import type { Row } from './parse.ts';
import { type Batch, batches, pendingOf, type RowProblem, type RowResult, type Settled } from './slice.ts';

export const PART_ROWS_MAX = 1_000;
/** A request may have 1 MiB. */
const PART_BYTES_MAX = 900 * 1_024;

type Body = BodyOf<'createTransactionBatch'>;
type Item = Body['transactions'][number];
export type BatchAnswer = { data: DataOf<'createTransactionBatch'>; isReplayed: boolean };
type ItemResult = BatchAnswer['data']['results'][number];

const { settled, ended } = batches.actions;

/** A row's own key: of the same file sent again it is the same, in whatever part the row is. */
export const keyOf = (key: string, { line }: Row): string => `${key}/${line}`;

export function itemOf({ from, to, amount, currency, reference, externalId, description }: Row): Item {
  return {
    postings: [{ from, to, amount, currency }],
    ...(reference === undefined ? {} : { reference }),
    ...(externalId === undefined ? {} : { externalId }),
    ...(description === undefined ? {} : { description }),
  };
}

/** Rows in parts that a request may carry, in order. */
export function partsOf(rows: readonly Row[], indexes: readonly number[]): number[][] {
  const parts: number[][] = [];
  const encoder = new TextEncoder();
  let bytes = 0;
  for (const index of indexes) {
    const size = encoder.encode(JSON.stringify(itemOf(rows[index] as Row))).length + 300;
    const last = parts.at(-1);
    if (last === undefined || last.length === PART_ROWS_MAX || bytes + size > PART_BYTES_MAX) {
      parts.push([index]);
      bytes = size;
    } else {
      last.push(index);
      bytes += size;
    }
  }
  return parts;
}

const problemOf = ({
  code,
  title,
  detail,
  field = null,
  requestId,
}: Omit<RowProblem, 'field'> & { field?: string | null }): RowProblem => ({
  code,
  title,
  detail,
  field,
  requestId,
});

/** What the ledger refuses it refuses for good; a server that is too busy or broken has not said. */
const REFUSED = [400, 404, 409, 412, 422];

export function resultOf({ status, transaction, problem }: ItemResult, isReplayed: boolean): RowResult {
  if (transaction !== undefined) return { state: 'done', transaction: transaction.transactionId, isReplayed };
  const told = problem === undefined ? null : problemOf(problem);
  if (REFUSED.includes(status) && told !== null) return { state: 'refused', problem: told };
  return { state: 'open', problem: told };
}

export interface Sending {
  place: string;
  now: () => Batch;
  step: (action: Action) => void;
  post: (body: Body, key: string) => Promise<BatchAnswer>;
}

/** Of a refusal of the whole request: the row that it names. */
function namedRow({ field, parameters }: LedgerFlowProblem, indexes: readonly number[]): number | null {
  const named = /^transactions\.(\d+)\b/.exec(field ?? '')?.[1] ?? parameters['index'];
  return typeof named === 'string' && /^\d+$/.test(named) ? (indexes[Number(named)] ?? null) : null;
}

/** All or none, under the key itself. */
async function sendAtomic({ place, now, step, post }: Sending): Promise<void> {
  const { key, rows, results } = now();
  const indexes = pendingOf(now());
  const isDoubtful = results.some((result) => result?.state === 'open');
  const all = (result: RowResult | null): Settled => indexes.map((index) => ({ index, result }));
  step(settled({ place, results: all({ state: 'open', problem: null }) }));
  try {
    const { data, isReplayed } = await post({ atomic: true, transactions: indexes.map((index) => itemOf(rows[index] as Row)) }, key);
    const done = data.results.map((one, at) => ({ index: indexes[at] as number, result: resultOf(one, isReplayed) }));
    step(settled({ place, results: done }));
    step(ended({ place, phase: 'done' }));
  } catch (error) {
    const verdict = judge(error, isDoubtful);
    if (verdict !== 'unknown') step(settled({ place, results: all(null) }));
    if (verdict === 'refused' && error instanceof LedgerFlowProblem) {
      const row = namedRow(error, indexes);
      if (row !== null) step(settled({ place, results: [{ index: row, result: { state: 'refused', problem: problemOf(error) } }] }));
    }
    step(ended({ place, phase: verdict === 'refused' ? 'nothing' : 'stopped' }));
    throw error;
  }
}

/** One request. Gives the rows that it leaves to be sent again at once: those beside one that the gateway would not take. */
async function sendPart({ place, now, step, post }: Sending, part: readonly number[], number: number): Promise<number[]> {
  const { key, rows, results } = now();
  const wasOpen = new Set(part.filter((index) => results[index]?.state === 'open'));
  const back = (index: number): RowResult | null => (wasOpen.has(index) ? { state: 'open', problem: null } : null);
  step(settled({ place, results: part.map((index) => ({ index, result: { state: 'open', problem: null } })) }));
  const transactions = part.map((index) => ({ idempotencyKey: keyOf(key, rows[index] as Row), ...itemOf(rows[index] as Row) }));
  try {
    const { data, isReplayed } = await post({ atomic: false, transactions }, `${key}/part-${number}`);
    step(settled({ place, results: data.results.map((one, at) => ({ index: part[at] as number, result: resultOf(one, isReplayed) })) }));
    return [];
  } catch (error) {
    const verdict = judge(error, false);
    if (verdict === 'unknown') throw error;
    step(settled({ place, results: part.map((index) => ({ index, result: back(index) })) }));
    if (verdict !== 'refused' || !(error instanceof LedgerFlowProblem)) throw error;
    const row = namedRow(error, part);
    if (row === null || wasOpen.has(row)) throw error;
    step(settled({ place, results: [{ index: row, result: { state: 'refused', problem: problemOf(error) } }] }));
    return part.filter((index) => index !== row);
  }
}

/**
 * Sends what has no answer yet, part after part, each row under its own key. Rejects with what stopped it; rows that were answered stay so, and a further call sends the rest. Every turn
 * settles a row, goes on to the next part, or ends.
 */
export async function sendBatch(sending: Sending): Promise<void> {
  const { place, now, step } = sending;
  if (now().mode === 'atomic') return sendAtomic(sending);
  const parts = partsOf(now().rows, pendingOf(now()));
  try {
    for (let number = 1; parts.length > 0 && !now().isStopping; number++) {
      const rest = await sendPart(sending, parts.shift() as number[], number);
      if (rest.length > 0) parts.unshift(rest);
    }
  } catch (error) {
    step(ended({ place, phase: 'stopped' }));
    throw error;
  }
  step(ended({ place, phase: pendingOf(now()).length === 0 ? 'done' : 'stopped' }));
}
