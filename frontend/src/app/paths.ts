/** Addresses of pages, for links between features: none of them knows another one's routes. */
const id = (value: string): string => encodeURIComponent(value);
const query = (values: Readonly<Record<string, string | undefined>>): string => {
  const given = Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`;
};

export const paths = {
  ledgers: () => '/ledgers',
  overview: (ledger: string) => `/ledgers/${id(ledger)}`,
  accounts: (ledger: string) => `/ledgers/${id(ledger)}/accounts`,
  account: (ledger: string, account: string, at?: { at?: string; effectiveAt?: string }) =>
    `/ledgers/${id(ledger)}/accounts/${id(account)}${query({ ...at })}`,
  move: (ledger: string, given: { kind?: string; from?: string; to?: string } = {}) => `/ledgers/${id(ledger)}/move${query(given)}`,
  transactions: (ledger: string, filters: Readonly<Record<string, string | undefined>> = {}) =>
    `/ledgers/${id(ledger)}/transactions${query(filters)}`,
  transaction: (ledger: string, transaction: string) => `/ledgers/${id(ledger)}/transactions/${id(transaction)}`,
  events: (ledger: string, filters: { account?: string; type?: string; actor?: string } = {}) =>
    `/ledgers/${id(ledger)}/events${query(filters)}`,
  trialBalance: (ledger: string) => `/ledgers/${id(ledger)}/trial-balance`,
  outbox: () => '/outbox',
  deadLetters: (filters: { ledger?: string; account?: string } = {}) => `/dead-letters${query(filters)}`,
  deadLetter: (deadLetter: string) => `/dead-letters/${id(deadLetter)}`,
  projections: (filters: { ledger?: string } = {}) => `/projections${query(filters)}`,
  rebuilds: () => '/projections/rebuilds',
  rebuild: (rebuild: string) => `/projections/rebuilds/${id(rebuild)}`,
  audit: (filters: Readonly<Record<string, string | undefined>> = {}) => `/audit${query(filters)}`,
  me: () => '/me',
} as const;
