import {
  AMOUNT_DIGITS_MAX,
  CURRENCY_PATTERN,
  DECIMAL_PATTERN,
  ID_PATTERN,
  KEY_PATTERN,
  PROBLEMS,
  SCALE_MAX,
  UNSIGNED_PATTERN,
} from '@ledgerflow/contracts';
import { Type } from 'typebox';
import { SIGNED_TEXT } from '../reads/signing.ts';

/** The words of the API, each defined once. `x-problem` names the code of a value that does not fit, where it is not invalid_request. */
const TEXT_MAX = 1024;
const OWNER_OR_EXTERNAL_ID_MAX = 255;
const UNSIGNED_CHARACTERS_MAX = AMOUNT_DIGITS_MAX + '.'.length;
const COUNT = '(0|[1-9][0-9]{0,17})';
/** Positions and versions. */
export const COUNT_PATTERN = `^${COUNT}$`;
/** A version in quotes, which is the group. */
export const ETAG_PATTERN = `^"${COUNT}"$`;

export const Id = Type.String({ pattern: ID_PATTERN, description: '1 to 128 of A-Z a-z 0-9 _ . : @ -, case-sensitive' });
export const Currency = Type.String({ pattern: CURRENCY_PATTERN, description: 'ISO 4217 code or a custom asset', examples: ['USD'] });
export const Amount = Type.String({
  format: 'amount',
  pattern: UNSIGNED_PATTERN,
  maxLength: UNSIGNED_CHARACTERS_MAX,
  description: 'Positive decimal string, at most 38 digits',
  examples: ['12.34'],
  'x-problem': 'invalid_amount',
});
export const InitialBalance = Type.String({
  format: 'amount-or-zero',
  pattern: UNSIGNED_PATTERN,
  maxLength: UNSIGNED_CHARACTERS_MAX,
  description: 'Decimal string, zero or more',
  'x-problem': 'invalid_amount',
});
export const Limit = Type.Unsafe<string | null>({
  type: ['string', 'null'],
  format: 'signed-amount',
  pattern: DECIMAL_PATTERN,
  maxLength: UNSIGNED_CHARACTERS_MAX + '-'.length,
  description: 'Decimal string, or null for no limit',
  'x-problem': 'invalid_amount',
});
export const Time = Type.String({
  format: 'rfc3339-micros',
  description: 'RFC 3339, at most six decimals',
  examples: ['2026-11-21T04:51:40.123456Z'],
  'x-problem': 'invalid_time',
});
export const ExternalId = Type.String({
  minLength: 1,
  maxLength: OWNER_OR_EXTERNAL_ID_MAX,
  format: 'nfc',
  description: "The caller's business id, unique per ledger; NFC",
});
export const OwnerId = Type.String({
  minLength: 1,
  maxLength: OWNER_OR_EXTERNAL_ID_MAX,
  format: 'nfc',
  description: 'Whose account it is; NFC',
});
export const FreeText = Type.String({ maxLength: TEXT_MAX, description: 'Free text, erasable' });
export const Reason = Type.String({
  minLength: 1,
  maxLength: TEXT_MAX,
  pattern: '\\S',
  description: 'Why; free text, not blank, erasable',
});
export const Metadata = Type.Unsafe<Record<string, unknown>>({
  type: 'object',
  additionalProperties: true,
  description: 'Any JSON object, erasable',
});
export const IdempotencyKey = Type.String({
  pattern: KEY_PATTERN,
  description: '1 to 255 printable ASCII characters',
  'x-problem': 'idempotency_key_invalid',
});
export const Version = Type.String({ pattern: COUNT_PATTERN, description: 'Account version' });
export const ExpectedVersions = Type.Unsafe<Record<string, string>>({
  type: 'object',
  propertyNames: { pattern: ID_PATTERN },
  additionalProperties: { type: 'string', pattern: COUNT_PATTERN },
  maxProperties: 1000,
  description: 'Account id → the version it must have at the writer (412 otherwise)',
});
export const AfterPosition = Type.String({ pattern: COUNT_PATTERN, description: 'Begin after this position' });
export const Scale = Type.Integer({ minimum: 0, maximum: SCALE_MAX, description: 'Decimals; only for custom assets' });
export const CurrencyInput = Type.Object({ code: Currency, scale: Type.Optional(Scale) }, { additionalProperties: false });

export const body = <P extends Parameters<typeof Type.Object>[0]>(properties: P) =>
  Type.Object(properties, { additionalProperties: false });
export const query = body;

/** Optional members of every movement of money. */
export const termsProperties = {
  externalId: Type.Optional(ExternalId),
  reference: Type.Optional(FreeText),
  description: Type.Optional(FreeText),
  effectiveAt: Type.Optional(Time),
  metadata: Type.Optional(Metadata),
};

export const Posting = body({ from: Id, to: Id, amount: Amount, currency: Currency });
export const dryRun = { dryRun: Type.Optional(Type.Boolean({ description: 'Answer as if; write nothing' })) };
export const commandQuery = query(dryRun);
export const noQuery = query({});
export const pageProperties = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100 })),
  cursor: Type.Optional(
    Type.String({
      pattern: `^${SIGNED_TEXT}$`,
      maxLength: 4096,
      description: 'nextCursor of the page before',
      'x-problem': 'invalid_cursor',
    }),
  ),
};
/** Of a list, by when a thing was recorded. */
export const spanProperties = {
  from: Type.Optional({ ...Time, description: 'Recorded at this time or later (inclusive): RFC 3339, at most six decimals' }),
  to: Type.Optional({ ...Time, description: 'Recorded at this time or earlier (inclusive): RFC 3339, at most six decimals' }),
};
export const asOfProperties = { at: Type.Optional(Time) };
export const effectiveProperties = { at: Type.Optional(Time), effectiveAt: Type.Optional(Time) };

/** Answers. Decimal strings carry exactly the currency's decimals; positions and versions are strings. */
const Decimal = Type.String({ description: "Decimal string with the currency's decimals" });
export const Position = Type.String({ description: 'Position in the log' });
export const NullableText = Type.Unsafe<string | null>({ type: ['string', 'null'] });

export const Entry = Type.Object({
  account: Type.String(),
  amount: Decimal,
  balanceAfter: Decimal,
  heldAfter: Decimal,
  version: Type.String(),
});
export const Movement = Type.Object({
  transactionId: Type.String(),
  position: Position,
  recordedAt: Time,
  effectiveAt: Time,
  entries: Type.Array(Entry),
});
export const Balance = Type.Object({
  account: Type.String(),
  currency: Type.String(),
  posted: Decimal,
  held: Decimal,
  available: Decimal,
  version: Type.String(),
  asOf: Time,
  asOfPosition: Position,
});
export const Account = Type.Object({
  id: Type.String(),
  currency: Type.String(),
  status: Type.String({ description: 'open, frozen or closed; may grow' }),
  freezeScope: NullableText,
  posted: Decimal,
  held: Decimal,
  available: Decimal,
  minBalance: NullableText,
  maxBalance: NullableText,
  ownerId: NullableText,
  name: Type.Optional(NullableText),
  metadata: Type.Optional(Type.Unsafe<Record<string, unknown> | null>({ type: ['object', 'null'] })),
  version: Type.String(),
  asOf: Time,
  asOfPosition: Position,
});
export const Ledger = Type.Object({
  id: Type.String(),
  uuid: Type.String(),
  currencies: Type.Array(Type.Object({ code: Type.String(), scale: Type.Integer() })),
  openedAt: Time,
  position: Position,
  recordedAt: Time,
});
export const Event = Type.Object({
  index: Type.Integer(),
  type: Type.String(),
  account: Type.Optional(Type.String()),
  version: Type.Optional(Type.String()),
  amount: Type.Optional(Decimal),
  postedAfter: Type.Optional(Decimal),
  heldAfter: Type.Optional(Decimal),
  data: Type.Unsafe<Record<string, unknown>>({ type: 'object' }),
});
export const Record = Type.Object({
  position: Position,
  epoch: Type.Integer(),
  recordedAt: Time,
  effectiveAt: Time,
  type: Type.String(),
  transactionId: Type.Optional(Type.String()),
  reason: Type.Optional(
    Type.Unsafe<string | null>({
      type: ['string', 'null'],
      description: 'Why an account was frozen, unfrozen or closed: of these records only; null once it was erased',
    }),
  ),
  actor: Type.String(),
  correlationId: Type.String(),
  causationId: Type.String(),
  events: Type.Array(Event),
});
export const ProblemSchema = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    // No enum: a client that was made of it would take a code that is added later for a broken answer.
    code: Type.String({ description: 'What went wrong, for programs; may grow', 'x-extensible-enum': Object.keys(PROBLEMS) }),
    detail: Type.String(),
    field: Type.Optional(Type.String()),
    requestId: Type.String(),
  },
  { additionalProperties: true, description: 'RFC 9457; parameters of a refusal are further members' },
);
export const list = <T extends Parameters<typeof Type.Array>[0]>(item: T) =>
  Type.Object({ data: Type.Array(item), nextCursor: NullableText });
