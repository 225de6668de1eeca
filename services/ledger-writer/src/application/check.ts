import { CURRENCY_PATTERN, isId, KEY_PATTERN, METADATA_BYTES_MAX } from '@ledgerflow/contracts';
import type { Command, ExpectedVersion, Limit, Posting, Terms } from '@ledgerflow/contracts/grpc';
import type { BodyOf, CommandKind } from '../domain/definition.ts';

/**
 * The edge of the writer: what the domain may rely on. The gateway checks the same with better words for its clients; here it keeps a mistake of the gateway, or
 * another caller's, out of the log. Each function answers what is wrong, or null.
 */
type Problem = string | null;

const KEY = new RegExp(KEY_PATTERN);
const CURRENCY = new RegExp(CURRENCY_PATTERN);
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** How many digits are too many is the domain's to say; this only bounds the text. */
const DECIMAL = /^-?(?:0|[1-9][0-9]{0,99})(?:\.[0-9]{1,100})?$/;
const ZERO = /^-?0(?:\.0+)?$/;

/** UTF-16 units. Indexed ones must fit an index row (2,704 bytes) whatever they are made of. */
const FREE_TEXT_MAX = 4_096;
const EXTERNAL_ID_MAX = 255;
const OWNER_ID_MAX = 255;
/** Years 1 to 9999. */
const TIME_MIN = -62_135_596_800_000_000n;
const TIME_MAX = 253_402_300_799_999_999n;

const id = (value: string, field: string): Problem => (isId(value) ? null : `${field} is not an id`);
const currency = (value: string): Problem => (CURRENCY.test(value) ? null : 'currency is not a currency code');
const uuid = (value: string, field: string): Problem => (UUID.test(value) ? null : `${field} is not a lower-case UUID`);
const shorter = (value: string | undefined, field: string, max = FREE_TEXT_MAX): Problem =>
  value === undefined || value.length <= max ? null : `${field} is too long`;
const decimal = (value: string, field: string): Problem => (DECIMAL.test(value) ? null : `${field} is not a decimal`);
const version = (value: bigint | undefined): Problem => (value === undefined || value >= 0n ? null : 'an expected version is negative');

function moved(value: string): Problem {
  return decimal(value, 'amount') ?? (value.startsWith('-') || ZERO.test(value) ? 'amount is not above zero' : null);
}

function object(value: string | undefined): Problem {
  if (value === undefined) return null;
  if (Buffer.byteLength(value) > METADATA_BYTES_MAX) return `metadata has more than ${METADATA_BYTES_MAX} bytes`;
  try {
    const parsed: unknown = JSON.parse(value);
    return parsed !== null && typeof parsed === 'object' && !Array.isArray(parsed) ? inner(parsed) : 'metadata is not a JSON object';
  } catch {
    return 'metadata is not JSON';
  }
}

/** Inside JSON, escapes hide what the text around them does not show, and numbers may be larger than what every reader of the log keeps exactly. */
function inner(value: unknown): Problem {
  if (typeof value === 'string') return isStorable(value) ? null : 'a text in metadata has a NUL or a lone surrogate';
  if (typeof value === 'number') {
    const isExact = Number.isInteger(value) ? Number.isSafeInteger(value) : Number.isFinite(value);
    return isExact ? null : 'a number in metadata is beyond 2^53 - 1: write it as text';
  }
  if (value === null || typeof value !== 'object') return null;
  return each(Object.entries(value), ([key, member]) => inner(key) ?? inner(member));
}

const limit = (value: Limit | undefined, field: string): Problem =>
  value?.value?.$case === 'amount' ? decimal(value.value.value, field) : null;

function terms(value: Terms | undefined): Problem {
  if (value === undefined) return null;
  const { externalId, reference, description, effectiveAt, metadata } = value;
  if (effectiveAt !== undefined && (effectiveAt < TIME_MIN || effectiveAt > TIME_MAX)) return 'effective_at is out of range';
  return (
    shorter(externalId, 'external_id', EXTERNAL_ID_MAX) ??
    shorter(reference, 'reference') ??
    shorter(description, 'description') ??
    object(metadata)
  );
}

const posting = ({ from, to, amount, currency: code }: Posting): Problem =>
  id(from, 'from') ?? id(to, 'to') ?? moved(amount) ?? currency(code);

function each<T>(list: readonly T[], check: (item: T) => Problem): Problem {
  for (const item of list) {
    const problem = check(item);
    if (problem !== null) return problem;
  }
  return null;
}

const versions = (list: readonly ExpectedVersion[]): Problem => each(list, (one) => id(one.account, 'account') ?? version(one.version));

const funds = (body: BodyOf<'deposit'>): Problem =>
  id(body.account, 'account') ?? moved(body.amount) ?? currency(body.currency) ?? version(body.expectedVersion) ?? terms(body.terms);

const status = (body: BodyOf<'closeAccount'>): Problem =>
  id(body.account, 'account') ?? shorter(body.reason, 'reason') ?? version(body.expectedVersion);

const transaction = (body: BodyOf<'postTransaction'>): Problem =>
  (body.postings.length === 0 ? 'a transaction has no postings' : null) ??
  each(body.postings, posting) ??
  versions(body.expectedVersions) ??
  terms(body.terms);

const CHECKS: { [K in CommandKind]: (body: BodyOf<K>) => Problem } = {
  openLedger: (body) => each(body.currencies, (one) => currency(one.code)),
  addCurrency: (body) => currency(body.code),
  openAccount: (body) =>
    (body.id === undefined ? null : id(body.id, 'id')) ??
    currency(body.currency) ??
    (body.initialBalance === undefined || ZERO.test(body.initialBalance) ? null : moved(body.initialBalance)) ??
    limit(body.minBalance, 'min_balance') ??
    limit(body.maxBalance, 'max_balance') ??
    shorter(body.name, 'name') ??
    shorter(body.ownerId, 'owner_id', OWNER_ID_MAX) ??
    object(body.metadata),
  deposit: funds,
  withdraw: funds,
  transfer: (body) => posting(body) ?? versions(body.expectedVersions) ?? terms(body.terms),
  postTransaction: transaction,
  postBatch: (body) => (body.transactions.length === 0 ? 'a batch has no transactions' : null) ?? each(body.transactions, transaction),
  freezeAccount: (body) => status(body) ?? (['', 'all', 'debits'].includes(body.scope) ? null : 'scope is neither all nor debits'),
  unfreezeAccount: status,
  closeAccount: status,
  updateAccount: (body) =>
    id(body.account, 'account') ??
    shorter(body.name, 'name') ??
    object(body.metadata) ??
    limit(body.minBalance, 'min_balance') ??
    limit(body.maxBalance, 'max_balance') ??
    version(body.expectedVersion),
};

function checkBody<K extends CommandKind>(body: { $case: K; value: BodyOf<K> }): Problem {
  return CHECKS[body.$case](body.value);
}

/** What is wrong with a command; null when the domain can take it. */
export function checkCommand(command: Command): Problem {
  const { body, idempotencyKey, requestId, correlationId, causationId } = command;
  if (body === undefined) return 'the command has no body';
  return (
    id(command.ledger, 'ledger') ??
    (KEY.test(idempotencyKey) ? null : 'idempotency_key is not 1 to 255 printable ASCII characters') ??
    uuid(requestId, 'request_id') ??
    (correlationId === '' ? null : uuid(correlationId, 'correlation_id')) ??
    (causationId === '' ? null : uuid(causationId, 'causation_id')) ??
    checkBody(body)
  );
}

const VALUE_BYTES = 8;

const isStorable = (text: string): boolean => !text.includes('\0') && text.isWellFormed();

/** About how many bytes of memory a command takes; null when any text in it has a NUL or a lone surrogate, which PostgreSQL can not keep. */
export function measure(value: unknown): number | null {
  if (typeof value === 'string') return isStorable(value) ? VALUE_BYTES + value.length : null;
  if (value === null || typeof value !== 'object') return VALUE_BYTES;
  let sum = VALUE_BYTES;
  for (const member of Object.values(value)) {
    const bytes = measure(member);
    if (bytes === null) return null;
    sum += bytes;
  }
  return sum;
}
