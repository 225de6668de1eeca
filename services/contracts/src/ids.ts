/** Text ids of ledgers and accounts: 1–128 of [A-Za-z0-9_.:@-], case-sensitive; not "." or "..", which clients take out of an address. */
export const ID_PATTERN = '^(?!\\.{1,2}$)[A-Za-z0-9_.:@-]{1,128}$';
const ID = new RegExp(ID_PATTERN);

export function isId(text: string): boolean {
  return ID.test(text);
}

/** System accounts (`@world:USD`) begin with @; clients name none of them in a posting. */
export function isSystemAccount(account: string): boolean {
  return account.startsWith('@');
}

/** Where deposits come from and withdrawals go to; one a currency, opened on first use, without limits. */
export function worldAccount(currency: string): string {
  return `@world:${currency}`;
}

/** Idempotency keys: 1–255 printable ASCII characters. */
export const KEY_PATTERN = '^[\\x20-\\x7e]{1,255}$';

/** Currency codes and custom assets: 3–16 of [A-Z0-9_], beginning with a letter. */
export const CURRENCY_PATTERN = '^[A-Z][A-Z0-9_]{2,15}$';

/** Transactions: the position of their record, in an atomic batch with the index after a dash. Its groups are the two. */
export const TRANSACTION_ID_PATTERN = '^([1-9][0-9]{0,18})(?:-(0|[1-9][0-9]{0,3}))?$';

/** UUIDs as we write them. */
export const UUID_PATTERN = '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$';

/** The relay slot (= Kafka partition) of a ledger: FNV-1a of its id, modulo the number of slots, which never changes in a deployment. */
export function slotOf(ledger: string, slots: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < ledger.length; i++) {
    hash ^= ledger.charCodeAt(i);
    hash = Math.imul(hash, 0x01000193) >>> 0;
  }
  return hash % slots;
}
