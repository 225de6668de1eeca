import { Book } from './book.ts';
import { type CheckedLedger, firstAnswer, type Fault, type History, type LogRecord, type Read, type Write } from './history.ts';
import { type Effect, EffectOrder } from './order.ts';
import { isOutcomeOf } from './render.ts';

/** All that is known of one ledger: what its clients saw, what its log says, and which belongs to which. */
export interface Evidence {
  ledger: CheckedLedger;
  writes: readonly Write[];
  reads: readonly Read[];
  faults: readonly Fault[];
  book: Book;
  /** Every record of each write, in order of position; more than one is a violation. */
  recordsOf: ReadonlyMap<Write, readonly LogRecord[]>;
  /** Records that no write of the history asked for. */
  orphans: readonly LogRecord[];
  /** The first record of each write that has one. */
  effects: readonly Effect[];
  order: EffectOrder;
}

/**
 * Finds the write of each record, by its key; a record with a key that nobody used may still name the request that made it. Requests of a batch carry several
 * writes: of those the one whose command the record carries out, and best one that has none yet.
 */
function assign(records: readonly LogRecord[], writes: readonly Write[], seededTo: bigint) {
  const byKey = new Map<string, Write>();
  const byRequest = new Map<string, Write[]>();
  for (const write of writes) {
    if (write.reuses === null) byKey.set(write.storedKey, write);
    for (const { requestId } of write.attempts) byRequest.set(requestId, [...(byRequest.get(requestId) ?? []), write]);
  }
  const recordsOf = new Map<Write, LogRecord[]>();
  const orphans: LogRecord[] = [];
  for (const record of records) {
    if (record.position <= seededTo) continue;
    const asked = byRequest.get(record.causationId) ?? [];
    const reusing = asked.find((write) => write.reuses !== null);
    const fitting = asked.filter((write) => isOutcomeOf(record, write.command));
    const write = reusing ?? byKey.get(record.key) ?? fitting.find((one) => !recordsOf.has(one)) ?? fitting[0];
    if (write === undefined) orphans.push(record);
    else recordsOf.set(write, [...(recordsOf.get(write) ?? []), record]);
  }
  return { recordsOf, orphans };
}

function effectOf(write: Write, record: LogRecord): Effect {
  const made = write.attempts.find(({ requestId }) => requestId === record.causationId);
  const beginMs = made?.invokedMs ?? Math.min(...write.attempts.map(({ invokedMs }) => invokedMs));
  return { write, record, beginMs, endMs: firstAnswer(write)?.endedMs ?? Infinity };
}

/** records: the ledger's whole log, in order. */
export function gather(history: History, ledger: CheckedLedger, records: readonly LogRecord[]): Evidence {
  const writes = history.writes.filter((write) => write.ledger === ledger.id);
  const { recordsOf, orphans } = assign(records, writes, ledger.seededTo);
  const effects = [...recordsOf].map(([write, [first]]) => effectOf(write, first as LogRecord));
  return {
    ledger,
    writes,
    reads: history.reads.filter((read) => read.ledger === ledger.id),
    faults: history.faults,
    book: new Book(records),
    recordsOf,
    orphans,
    effects,
    order: new EffectOrder(effects, ledger.seededTo),
  };
}
