import { canonicalJson, RECORD_TYPE_CODES, type EntryPostedEvent, type LedgerRecord } from '@ledgerflow/contracts';
import { Misfit } from './record.ts';
import type { TransactionRow } from './read-rows.ts';

/** JSON that may differ in the order of its members or in the way numbers are written, but not in what it says. */
export function sameJson(text: string | null, value: unknown): boolean {
  if (text === null || value === null || value === undefined) return (value ?? null) === null && text === null;
  try {
    return canonicalJson(JSON.parse(text)) === canonicalJson(value);
  } catch {
    return false;
  }
}

const short = (value: unknown): string => {
  const text = typeof value === 'bigint' ? value.toString() : (JSON.stringify(value) ?? 'nothing');
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
};

function same(name: string, index: number, found: unknown, expected: unknown): void {
  if (found !== expected)
    throw new Misfit(
      'read transactions',
      `the read model says ${name} ${short(found)} of transaction ${index}, the log says ${short(expected)}`,
    );
}

function sameText(name: string, index: number, found: string | null, expected: unknown): void {
  if (!sameJson(found, expected))
    throw new Misfit(
      'read transactions',
      `the read model says ${name} ${short(found)} of transaction ${index}, the log says ${short(expected)}`,
    );
}

/** The text of the entries as the builder writes it; ids and codes have no characters that JSON would write otherwise. */
function entriesText(entries: readonly EntryPostedEvent[], scales: Record<string, number>): string {
  let text = '[';
  for (const { account, accountNumber, currency, version, amount, postedAfter, heldAfter } of entries) {
    text += `${text === '[' ? '' : ','}["${account}",${accountNumber},"${currency}",${scales[currency]},"${version}","${amount}","${postedAfter}","${heldAfter}"]`;
  }
  return `${text}]`;
}

function compareOne(record: LedgerRecord, index: number, entries: readonly EntryPostedEvent[], row: TransactionRow): void {
  const [
    ,
    ,
    type,
    recordedAt,
    effectiveAt,
    externalId,
    reference,
    description,
    metadata,
    actor,
    correlation,
    currency,
    amount,
    others,
    text,
  ] = row;
  const transaction = record.transactions[index]!;
  same('the type', index, type, RECORD_TYPE_CODES[record.type]);
  same('the time of recording', index, recordedAt, Number(record.recordedAt));
  same('the effective time', index, effectiveAt, Number(transaction.effectiveAt));
  same('the external id', index, externalId, transaction.externalId);
  same('the actor', index, actor, record.actor);
  same('the correlation id', index, correlation, record.correlationId);
  const details = record.details.find((one) => one.index === index);
  // Erased text may be gone from the read model or not yet.
  if (details === undefined || details.body !== null) {
    const body = record.type === 'AccountOpened' ? null : (details?.body ?? null);
    same('the reference', index, reference, body?.reference ?? null);
    same('the description', index, description, body?.description ?? null);
    sameText('the metadata', index, metadata, body?.metadata ?? null);
  }
  const moved = new Map<string, bigint>();
  for (const entry of entries) moved.set(entry.currency, (moved.get(entry.currency) ?? 0n) + (entry.amount > 0n ? entry.amount : 0n));
  const [first, ...rest] = moved;
  same('the currency', index, currency, first?.[0]);
  same('the amount', index, amount, first?.[1]);
  sameText(
    'the other amounts',
    index,
    others,
    rest.length === 0 ? null : Object.fromEntries(rest.map(([code, sum]) => [code, sum.toString()])),
  );
  const expected = entriesText(entries, record.scales);
  if (text !== expected && !sameJson(text, JSON.parse(expected))) same('the entries', index, text, expected);
}

/** Holds the read model's rows of one position against the record; how many there were. Throws Misfit. */
export function compareTransactions(record: LedgerRecord, rows: readonly TransactionRow[]): number {
  const groups: EntryPostedEvent[][] = record.transactions.map(() => []);
  for (const event of record.events) if (event.type === 'EntryPosted') groups[event.transaction]?.push(event);
  for (let index = 0; index < groups.length; index++) {
    const row = rows[index];
    if (row === undefined || row[1] !== index) throw new Misfit('read transactions', `the read model lacks transaction ${index}`);
    compareOne(record, index, groups[index]!, row);
  }
  if (rows.length > groups.length)
    throw new Misfit('read transactions', `the read model has ${rows.length} transactions, the log ${groups.length}`);
  return rows.length;
}
