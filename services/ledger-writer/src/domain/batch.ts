import type { LedgerRecord, Micros, Refusal, RefusalCode } from '@ledgerflow/contracts';
import { isAccountEvent, recordToJson, ZERO_HASH } from '@ledgerflow/contracts';
import { Book } from './book.ts';
import { daysToMicros, EFFECTIVE_WINDOW_DEFAULT_DAYS, EVENTS_PER_RECORD_MAX, RECORD_BYTES_MAX } from './bounds.ts';
import type { Accepted } from './decision.ts';
import { refusal } from './decision.ts';
import { decide } from './decide.ts';
import { buildRecord } from './record.ts';
import type { BatchView, BatchWrites, Submission } from './state.ts';

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

/** Upper bounds of the JSON text of a record without its lists, of a transaction in it, and of an event beside the account's id; a character may become six. */
const FRAME_BYTES_MAX = 8_192;
const TRANSACTION_BYTES_MAX = 2_048;
const ENTRY_BYTES_MAX = 512;
const OTHER_EVENT_BYTES_MAX = 4_096;
const CHARACTER_BYTES_MAX = 6;

/** No record's text has more bytes than this says; so most are known to fit without being rendered. */
function bytesAtMost({ events, transactions, details }: LedgerRecord): number {
  let bytes = FRAME_BYTES_MAX + transactions.length * TRANSACTION_BYTES_MAX;
  for (const { body } of details) bytes += JSON.stringify(body).length * CHARACTER_BYTES_MAX;
  for (const event of events) {
    bytes += event.type === 'EntryPosted' ? ENTRY_BYTES_MAX : OTHER_EVENT_BYTES_MAX;
    if (isAccountEvent(event)) bytes += event.account.length * CHARACTER_BYTES_MAX;
  }
  return bytes;
}

/** Before the record has its hashes: they are as long as zeros. */
function isTooLarge(record: LedgerRecord, bytesMax: number): boolean {
  if (bytesAtMost(record) <= bytesMax) return false;
  return Buffer.byteLength(recordToJson({ ...record, previousHash: ZERO_HASH, hash: ZERO_HASH })) > bytesMax;
}

function build(book: Book, decision: Accepted, submission: Submission, options: BatchOptions): LedgerRecord | Refusal {
  if (decision.events.length > EVENTS_PER_RECORD_MAX)
    return refusal('record_too_large', { events: String(decision.events.length), max: String(EVENTS_PER_RECORD_MAX) });
  const record = buildRecord(book.end, decision, submission, book.now, book.scale);
  return isTooLarge(record, options.recordBytesMax) ? refusal('record_too_large', { bytesMax: String(options.recordBytesMax) }) : record;
}

/** An answer, or the number of the draft that becomes one when the batch is sealed. */
type Verdict = Outcome | { kind: 'draft'; draft: number; replayed: boolean };

function refuse(book: Book, submission: Submission, reason: Refusal): Outcome {
  // Before the first record there is no ledger to keep an answer in; the same question gets the same answer by being decided again.
  if (book.isOpen && !submission.command.dryRun && !NEVER_STORED.has(reason.code)) book.addRefusal(submission, reason);
  return { kind: 'refusal', refusal: reason, replayed: false };
}

function replay(book: Book, submission: Submission): Verdict | null {
  const stored = book.outcomeOf(submission.key);
  if (stored === undefined) return null;
  if (stored.fingerprint !== submission.fingerprint)
    return { kind: 'refusal', refusal: refusal('idempotency_key_reused'), replayed: false };
  if (stored.kind === 'draft') return { kind: 'draft', draft: stored.draft, replayed: true };
  if (stored.kind === 'record') return { kind: 'record', record: stored.record, replayed: true };
  return { kind: 'refusal', refusal: stored.refusal, replayed: true };
}

function decideSubmission(book: Book, submission: Submission, options: BatchOptions): Verdict {
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
  if ('code' in built) return refuse(book, submission, built);
  const draft = submission.command.dryRun ? book.foresee(built) : book.add(built, decision.profile);
  return { kind: 'draft', draft, replayed: false };
}

/** A batch whose every command is decided. */
export interface DecidedBatch {
  /** Null when there is nothing to write. */
  writes: BatchWrites | null;
  /** The answers, in the order of the submissions. Seals the batch. */
  outcomes: () => Outcome[];
}

/**
 * Decides submissions of one ledger in order, each on what the ones before left, and says what to write in the one transaction that commits them and what
 * to answer afterwards. Pure. A refused command has no effect on its neighbours; one that throws is a broken promise, and nothing of the batch is to be kept.
 */
export function decideBatch(
  submissions: readonly Submission[],
  view: BatchView,
  options: BatchOptions = BATCH_OPTIONS_DEFAULT,
): DecidedBatch {
  const book = new Book(view);
  const verdicts: Verdict[] = [];
  for (const submission of submissions) verdicts.push(decideSubmission(book, submission, options));
  const outcomeOf = (verdict: Verdict): Outcome =>
    verdict.kind === 'draft'
      ? { kind: 'record', record: book.seal().draftTexts[verdict.draft] as string, replayed: verdict.replayed }
      : verdict;
  return { writes: book.writes(), outcomes: () => verdicts.map(outcomeOf) };
}
