import type { Movement } from '@ledgerflow/client';
import type { Command } from './command.ts';
import type { Leg, Terms } from './draft.ts';
import { type Guard, hasAll, isCount, isFlag, isListOf, isOneOf, isRecord, isText, orNull } from './shape.ts';
import type { Intent, Refusal } from './types.ts';

const leg = { from: isText, to: isText, amount: isText, currency: isText };
const isMoney = hasAll({ amount: isText, currency: isText });
const REQUESTS: Readonly<Record<Command['operation'], Guard<unknown>>> = {
  createTransfer: hasAll({ ledger: isText, body: hasAll(leg) }),
  createDeposit: hasAll({ ledger: isText, account: isText, body: isMoney }),
  createWithdrawal: hasAll({ ledger: isText, account: isText, body: isMoney }),
  createTransaction: hasAll({ ledger: isText, body: hasAll({ postings: isListOf(hasAll(leg)) }) }),
};
const isNamed = hasAll({ operation: isOneOf(...(Object.keys(REQUESTS) as Command['operation'][])), request: isRecord });
const isCommand: Guard<Command> = (value): value is Command => isNamed(value) && REQUESTS[value.operation](value.request);

const isEntry = hasAll<Movement['entries'][number]>({
  account: isText,
  amount: isText,
  balanceAfter: isText,
  heldAfter: isText,
  version: isText,
});
const isMovement = hasAll<Pick<Movement, 'transactionId' | 'recordedAt' | 'effectiveAt' | 'entries'>>({
  transactionId: isText,
  recordedAt: isText,
  effectiveAt: isText,
  entries: isListOf(isEntry),
}) as Guard<Movement>;
const isTerms = hasAll<Terms>({ reference: isText, description: isText, externalId: isText, effectiveAt: isText, metadata: isText });
const isRefusal = hasAll({ code: isText, status: isCount, title: isText, detail: isText }) as Guard<Refusal>;

const isIntent = hasAll<Intent>({
  key: isText,
  phase: isOneOf('draft', 'previewed', 'sent', 'unknown', 'done'),
  draft: hasAll({ legs: isListOf(hasAll<Leg>(leg)), terms: isTerms }),
  command: orNull(isCommand),
  preview: orNull(isMovement),
  previewedAtMs: orNull(isCount),
  isDoubtful: isFlag,
  outcome: orNull(hasAll({ movement: isMovement, isReplayed: isFlag })),
  refusal: orNull(isRefusal),
});

/** An intent as it was kept, by an earlier version of this page too; null: it is none. */
export function readIntent(value: unknown): Intent | null {
  const intent = isRecord(value) ? { previewedAtMs: null, refusal: null, ...value } : value;
  if (!isIntent(intent) || intent.draft.legs.length === 0) return null;
  const isWhole = (intent.phase === 'draft' || intent.command !== null) && (intent.phase !== 'done' || intent.outcome !== null);
  return isWhole ? intent : null;
}
