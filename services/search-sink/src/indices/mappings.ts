/** What is kept, an index each. */
export const KINDS = ['accounts', 'transactions', 'checkpoints', 'dead-letters'] as const;
export type Kind = (typeof KINDS)[number];

const keyword = { type: 'keyword' };
const long = { type: 'long' };
const date = { type: 'date_nanos' };
/** Kept and given back, not searched. */
const kept = { type: 'object', enabled: false };
const keptText = { type: 'keyword', index: false, doc_values: false };
/** Words, and the whole for exact search and sorting as far as a term may be long. */
const words = { type: 'text', fields: { exact: { type: 'keyword', ignore_above: 256 } } };
/** Any JSON object, without a mapping a member: tenants' metadata can not make a mapping grow or contradict itself. */
const anyObject = { type: 'flat_object' };

const ACCOUNTS = {
  ledger: keyword,
  id: keyword,
  number: long,
  currency: keyword,
  scale: long,
  ownerId: keyword,
  name: words,
  namePosition: long,
  metadata: anyObject,
  metadataPosition: long,
  status: keyword,
  freezeScope: keyword,
  posted: keyword,
  held: keyword,
  available: keyword,
  minBalance: keyword,
  maxBalance: keyword,
  version: long,
  position: long,
  openedAt: date,
  updatedAt: date,
  detailsRefused: { type: 'boolean' },
};

const TRANSACTIONS = {
  ledger: keyword,
  id: keyword,
  position: long,
  index: long,
  type: keyword,
  externalId: keyword,
  reference: words,
  description: words,
  metadata: anyObject,
  accounts: keyword,
  amounts: { properties: { currency: keyword, amount: keyword } },
  entries: kept,
  actor: keyword,
  correlationId: keyword,
  recordedAt: date,
  effectiveAt: date,
  detailsRefused: { type: 'boolean' },
};

const CHECKPOINTS = {
  ledger: keyword,
  number: long,
  uuid: keyword,
  epoch: long,
  position: long,
  recordHash: keyword,
  recordedAt: date,
  accounts: long,
  transactions: long,
  stoppedReason: keptText,
  updatedAt: date,
};

const DEAD_LETTERS = {
  ledger: keyword,
  kind: keyword,
  documentId: keyword,
  position: long,
  reason: { type: 'text' },
  isWhole: { type: 'boolean' },
  document: keptText,
  parkedAt: date,
};

const PROPERTIES: Readonly<Record<Kind, object>> = {
  accounts: ACCOUNTS,
  transactions: TRANSACTIONS,
  checkpoints: CHECKPOINTS,
  'dead-letters': DEAD_LETTERS,
};

export interface IndexSettings {
  shards: number;
  replicas: number;
  refreshIntervalMs: number;
}

/** Strict: a field that this does not name is refused, never guessed. An acknowledged document is on the disks of its shard's copies (translog.durability). */
export function indexBody(kind: Kind, { shards, replicas, refreshIntervalMs }: IndexSettings, writeAlias: string): object {
  return {
    settings: {
      number_of_shards: kind === 'accounts' || kind === 'transactions' ? shards : 1,
      number_of_replicas: replicas,
      refresh_interval: `${refreshIntervalMs}ms`,
      'translog.durability': 'request',
    },
    mappings: { dynamic: 'strict', properties: PROPERTIES[kind] },
    aliases: { [writeAlias]: {} },
  };
}
