import type { LedgerRecord, Micros, Refusal, RefusalCode } from '@ledgerflow/contracts';
import { recordToJson } from '@ledgerflow/contracts';
import type { BookWrites } from './book.ts';
import { Book } from './book.ts';
import { daysToMicros, EFFECTIVE_WINDOW_DEFAULT_DAYS, EVENTS_PER_RECORD_MAX, RECORD_BYTES_MAX } from './bounds.ts';
import type { Accepted } from './decision.ts';
import { refusal } from './decision.ts';
import { decide } from './decide.ts';
import { buildRecord } from './record.ts';
import type { BatchView, Submission } from './state.ts';

/** The answer to one submission. replayed: it was given before, under the same key. */
export type Outcome = { kind: 'record'; record: string; replayed: boolean } | { kind: 'refusal'; refusal: Refusal; replayed: boolean };

export interface BatchOptions {
  /** How far before recordedAt an effectiveAt may lie. */
  effectiveWindowMicros: Micros;
  /** Bytes of a record's JSON text. */
  recordBytesMax: number;
}

export const BATCH_OPTIONS_DEFAULT: BatchOptions = {
  effectiveWindowMicros: daysToMicros(EFFECTIVE_WINDOW_DEFAULT_DAYS),
  recordBytesMax: RECORD_BYTES_MAX,
};

/** Answers that are about the request rather than the ledger: kept under the key they would stand in the way of its own outcome. */
const NEVER_STORED: ReadonlySet<RefusalCode> = new Set<RefusalCode>(['idempotency_key_reused', 'ledger_not_found']);

/** A JSON text of n UTF-16 units has at most 3n bytes: most texts need no count. */
function isLongerThan(text: string, bytesMax: number): boolean {
  return text.length * 3 > bytesMax && Buffer.byteLength(text) > bytesMax;
}

type Built = { record: LedgerRecord; text: string } | { refusal: Refusal };

function build(book: Book, decision: Accepted, submission: Submission, options: BatchOptions): Built {
  if (decision.events.length > EVENTS_PER_RECORD_MAX) {
    return { refusal: refusal('record_too_large', { events: String(decision.events.length), max: String(EVENTS_PER_RECORD_MAX) }) };
  }
  const record = buildRecord(book.end, decision, submission, book.now, book.scale);
  const text = recordToJson(record);
  if (isLongerThan(text, options.recordBytesMax))
    return { refusal: refusal('record_too_large', { bytesMax: String(options.recordBytesMax) }) };
  return { record, text };
}

function refuse(book: Book, submission: Submission, reason: Refusal): Outcome {
  // Before the first record there is no ledger to keep an answer in; the same question gets the same answer by being decided again.
  if (book.isOpen && !submission.command.dryRun && !NEVER_STORED.has(reason.code)) book.addRefusal(submission, reason);
  return { kind: 'refusal', refusal: reason, replayed: false };
}

function replay(book: Book, submission: Submission): Outcome | null {
  const stored = book.outcomeOf(submission.key);
  if (stored === undefined) return null;
  if (stored.fingerprint !== submission.fingerprint)
    return { kind: 'refusal', refusal: refusal('idempotency_key_reused'), replayed: false };
  if (stored.kind === 'record') return { kind: 'record', record: stored.record, replayed: true };
  return { kind: 'refusal', refusal: stored.refusal, replayed: true };
}

function decideSubmission(book: Book, submission: Submission, options: BatchOptions): Outcome {
  const earlier = replay(book, submission);
  if (earlier !== null) return earlier;
  const decision = decide(submission.command, book, book.now, {
    ledger: book.end.ledger,
    uuid: book.end.uuid,
    position: book.end.position + 1n,
    key: submission.key,
    effectiveWindowMicros: options.effectiveWindowMicros,
  });
  if (decision.kind === 'refused') return refuse(book, submission, decision.refusal);
  const built = build(book, decision, submission, options);
  if ('refusal' in built) return refuse(book, submission, built.refusal);
  if (!submission.command.dryRun) book.add(built.record, built.text, decision.profile);
  return { kind: 'record', record: built.text, replayed: false };
}

/**
 * Decides submissions of one ledger in order, each on what the ones before left, and says what to write in the one transaction that commits them and what
 * to answer afterwards. Pure. A refused command has no effect on its neighbours; one that throws is a broken promise, and nothing of the batch is to be kept.
 */
export function decideBatch(
  submissions: readonly Submission[],
  view: BatchView,
  options: BatchOptions = BATCH_OPTIONS_DEFAULT,
): { writes: BookWrites | null; outcomes: Outcome[] } {
  const book = new Book(view);
  const outcomes: Outcome[] = [];
  for (const submission of submissions) outcomes.push(decideSubmission(book, submission, options));
  return { writes: book.writes(), outcomes };
}
