import type { Details, LedgerRecord, Micros, RecordDetails, RecordTransaction } from '@ledgerflow/contracts';
import { detailsHash, isAccountEvent, transactionId } from '@ledgerflow/contracts';
import type { Accepted } from './decision.ts';
import { BrokenPromiseError } from './decision.ts';
import type { Submission } from './state.ts';

/** The end of the log a record is put on. */
export interface ChainEnd {
  ledger: string;
  number: number;
  uuid: string;
  epoch: number;
  position: bigint;
}

function scalesOf(decision: Accepted, scale: (currency: string) => number | undefined): Record<string, number> {
  const scales: Record<string, number> = {};
  let last = '';
  let count = 0;
  for (const event of decision.events) {
    if (event.type === 'LedgerOpened') continue;
    const currency = isAccountEvent(event) ? event.currency : event.data.code;
    if (currency === last || currency in scales) continue;
    last = currency;
    const known = event.type === 'CurrencyAdded' ? event.data.scale : scale(currency);
    if (known === undefined) throw new BrokenPromiseError(`no scale of ${currency}`);
    scales[currency] = known;
    count += 1;
  }
  // Sorted, so that equal records are equal text, whichever way a store keeps the scales.
  return count < 2 ? scales : Object.fromEntries(Object.entries(scales).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function saltedDetails(index: number, body: Details, salts: readonly string[]): RecordDetails {
  const salt = salts[index];
  if (salt === undefined) throw new BrokenPromiseError(`no salt for details ${index}`);
  return { index, hash: detailsHash(salt, body), salt, body };
}

/** The record an accepted command becomes at the next position; it is hashed when its batch is sealed (sealing.ts), until then both hashes are empty. */
export function buildRecord(
  end: ChainEnd,
  decision: Accepted,
  submission: Submission,
  now: Micros,
  scale: (currency: string) => number | undefined,
): LedgerRecord {
  const position = end.position + 1n;
  const { command } = submission;
  const transactions: RecordTransaction[] = decision.transactions.map((transaction, index) => ({
    id: transactionId(decision.type, position, index),
    effectiveAt: transaction.effectiveAt,
    externalId: transaction.externalId,
  }));
  return {
    ledger: end.ledger,
    ledgerNumber: end.number,
    ledgerUuid: end.uuid,
    epoch: end.epoch,
    position,
    previousHash: '',
    hash: '',
    type: decision.type,
    actor: submission.actor,
    correlationId: command.correlationId || command.requestId,
    causationId: command.causationId || command.requestId,
    key: submission.key,
    fingerprint: submission.fingerprint,
    recordedAt: now,
    effectiveAt: decision.effectiveAt,
    scales: scalesOf(decision, scale),
    transactions,
    details: decision.details.map(({ index, body }) => saltedDetails(index, body, submission.salts)),
    events: decision.events as LedgerRecord['events'],
  };
}
