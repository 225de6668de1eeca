import { type LedgerRecord, RECORD_SCHEMA, recordFromJson, recordToJson } from '@ledgerflow/contracts';

/** What of a record's JSON text the answers to money commands are made of. Amounts, positions and versions are digits, times are written as answers write them. */
export interface RecordJson {
  schema: number;
  ledger: string;
  epoch: number;
  position: string;
  recordedAt: string;
  scales: Record<string, number>;
  transactions: { id: string; effectiveAt: string }[];
  events: {
    type: string;
    account?: string;
    currency?: string;
    version?: string;
    transaction?: number;
    amount?: string;
    postedAfter?: string;
    heldAfter?: string;
  }[];
}

/**
 * A record's text as JSON, in the newest form. Answers to money commands are made of it as it stands: its digits and times are theirs, and turning them into
 * big integers and back took a tenth of a small request.
 */
export function recordJson(text: string): RecordJson {
  const json = JSON.parse(text) as RecordJson;
  return json.schema === RECORD_SCHEMA ? json : (JSON.parse(recordToJson(recordFromJson(text))) as RecordJson);
}

/** The decimals of a currency; a record names the scale of every currency that occurs in it. */
export function scaleOf(
  { scales, position, ledger }: Pick<LedgerRecord, 'scales' | 'ledger'> & { position: bigint | string },
  currency: string,
): number {
  const scale = scales[currency];
  if (scale === undefined) throw new Error(`record ${position} of ${ledger} lacks the scale of ${currency}`);
  return scale;
}

/** Minor units in digits as a decimal string with exactly `scale` decimals: "1230" of USD is "12.30". */
export function decimalOf(minor: string, scale: number): string {
  if (scale === 0) return minor;
  const isNegative = minor.startsWith('-');
  const digits = (isNegative ? minor.slice(1) : minor).padStart(scale + 1, '0');
  const at = digits.length - scale;
  return `${isNegative ? '-' : ''}${digits.slice(0, at)}.${digits.slice(at)}`;
}

interface Movement {
  transactionId: string;
  position: string;
  recordedAt: string;
  effectiveAt: string;
  entries: { account: string; amount: string; balanceAfter: string; heldAfter: string; version: string }[];
}

/** The transactions of a record as money POSTs answer them, in order. */
export function renderMovements(record: RecordJson): Movement[] {
  const { position, recordedAt } = record;
  const movements = record.transactions.map(({ id, effectiveAt }): Movement => ({
    transactionId: id,
    position,
    recordedAt,
    effectiveAt,
    entries: [],
  }));
  for (const event of record.events) {
    if (event.type !== 'EntryPosted') continue;
    const { account, currency, version, transaction, amount, postedAfter, heldAfter } = event as Required<RecordJson['events'][number]>;
    const scale = scaleOf(record, currency);
    movements[transaction]?.entries.push({
      account,
      amount: decimalOf(amount, scale),
      balanceAfter: decimalOf(postedAfter, scale),
      heldAfter: decimalOf(heldAfter, scale),
      version,
    });
  }
  return movements;
}

/** The transaction of a record that has one. */
export function renderMovement(record: RecordJson): Movement {
  const movement = renderMovements(record)[0];
  if (movement === undefined) throw new Error(`record ${record.position} of ${record.ledger} has no transaction`);
  return movement;
}
