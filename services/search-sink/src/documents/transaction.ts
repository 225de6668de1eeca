import {
  formatMicros,
  formatMinor,
  parseMinor,
  type Details,
  type EntryIdentity,
  type EntryPostedEvent,
  type LedgerRecord,
  type RecordType,
} from '@ledgerflow/contracts';

export interface EntryMember {
  account: string;
  currency: string;
  scale: number;
  amount: string;
  version: string;
  postedAfter: string;
  heldAfter: string;
}

/** One document a transaction; nothing of it ever changes but that its details may be erased. Amounts are decimal strings, positions and versions digits. */
export interface TransactionDocument {
  ledger: string;
  id: string;
  position: string;
  /** Its place in an atomic batch, from 0. */
  index: number;
  type: RecordType;
  externalId: string | null;
  reference: string | null;
  description: string | null;
  metadata: Record<string, unknown> | null;
  /** Each once, in the order of the entries. */
  accounts: string[];
  /** What moved, a currency each. */
  amounts: { currency: string; amount: string }[];
  entries: EntryMember[];
  actor: string;
  correlationId: string;
  recordedAt: string;
  effectiveAt: string;
  /** The node refused its details: they are left out here and kept as a dead letter. */
  detailsRefused: boolean;
}

/** One pass: a batch may have a thousand transactions. */
function entriesByTransaction(record: LedgerRecord): EntryPostedEvent[][] {
  const groups: EntryPostedEvent[][] = record.transactions.map(() => []);
  for (const event of record.events) if (event.type === 'EntryPosted') groups[event.transaction]?.push(event);
  return groups;
}

function scaleOf(record: LedgerRecord, currency: string): number {
  const scale = record.scales[currency];
  if (scale === undefined) throw new Error(`the record does not tell the decimals of ${currency}`);
  return scale;
}

/** An opening's details are the account's, not those of the transaction that funds it. */
function detailsOf(record: LedgerRecord, index: number): Details {
  if (record.type === 'AccountOpened') return {};
  return record.details.find((details) => details.index === index)?.body ?? {};
}

export function transactionDocuments(record: LedgerRecord): TransactionDocument[] {
  const groups = entriesByTransaction(record);
  return record.transactions.map(({ id, externalId, effectiveAt }, index) => {
    const events = groups[index] ?? [];
    const moved = new Map<string, bigint>();
    for (const { currency, amount } of events) moved.set(currency, (moved.get(currency) ?? 0n) + (amount > 0n ? amount : 0n));
    const details = detailsOf(record, index);
    return {
      ledger: record.ledger,
      id,
      position: record.position.toString(),
      index,
      type: record.type,
      externalId,
      reference: details.reference ?? null,
      description: details.description ?? null,
      metadata: details.metadata ?? null,
      accounts: [...new Set(events.map(({ account }) => account))],
      amounts: [...moved].map(([currency, amount]) => ({ currency, amount: formatMinor(amount, scaleOf(record, currency)) })),
      entries: events.map((event) => {
        const scale = scaleOf(record, event.currency);
        return {
          account: event.account,
          currency: event.currency,
          scale,
          amount: formatMinor(event.amount, scale),
          version: event.version.toString(),
          postedAfter: formatMinor(event.postedAfter, scale),
          heldAfter: formatMinor(event.heldAfter, scale),
        };
      }),
      actor: record.actor,
      correlationId: record.correlationId,
      recordedAt: formatMicros(record.recordedAt),
      effectiveAt: formatMicros(effectiveAt),
      detailsRefused: false,
    };
  });
}

/** Without what the node may not like. */
export function bareTransaction(transaction: TransactionDocument): TransactionDocument {
  return { ...transaction, reference: null, description: null, metadata: null, detailsRefused: true };
}

export const hasDetails = ({ reference, description, metadata }: TransactionDocument): boolean =>
  reference !== null || description !== null || metadata !== null;

/** What the writer's entry digest is made of, read back from the document. */
export function entryIdentities(transaction: TransactionDocument): EntryIdentity[] {
  return transaction.entries.map((entry) => {
    const minor = (text: string): bigint => {
      const amount = parseMinor(text, entry.scale);
      if (amount === null) throw new RangeError('an amount of a transaction document is not a decimal of its currency');
      return amount;
    };
    return {
      account: entry.account,
      version: BigInt(entry.version),
      amount: minor(entry.amount),
      postedAfter: minor(entry.postedAfter),
      heldAfter: minor(entry.heldAfter),
    };
  });
}
