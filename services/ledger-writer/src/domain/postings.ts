import type { Details, Micros, Refusal } from '@ledgerflow/contracts';
import { formatMicros, isoScale, isSystemAccount, worldAccount } from '@ledgerflow/contracts';
import type { ExpectedVersion, Posting, Terms } from '@ledgerflow/contracts/grpc';
import { UNLIMITED, versionMismatch } from './accounts.ts';
import { EFFECTIVE_AHEAD_MAX_MICROS, POSTINGS_PER_TRANSACTION_MAX } from './bounds.ts';
import type { DecisionContext } from './decision.ts';
import { BrokenPromiseError, refusal } from './decision.ts';
import type { Draft } from './draft.ts';
import { checkBalance, parseMoved } from './limits.ts';
import type { Account } from './state.ts';

/** One transaction as it is asked for. */
export interface Movement {
  postings: readonly Posting[];
  terms: Terms | undefined;
  expectedVersions: readonly ExpectedVersion[];
  /** True when the house put @world into the posting (deposits, withdrawals, initial balances); clients name no system account. */
  isWorldAllowed: boolean;
}

interface Leg {
  from: Account;
  to: Account;
  amount: bigint;
}

export const NO_EXPECTED_VERSIONS: readonly ExpectedVersion[] = [];

function checkNames(movement: Movement): Refusal | null {
  const { postings, expectedVersions } = movement;
  if (postings.length === 0) throw new BrokenPromiseError('a transaction without postings');
  if (postings.length > POSTINGS_PER_TRANSACTION_MAX) {
    return refusal('record_too_large', { postings: String(postings.length), max: String(POSTINGS_PER_TRANSACTION_MAX) });
  }
  for (const { from, to } of postings) if (from === to) return refusal('same_account', { account: from });
  for (const { from, to, currency } of postings) {
    const world = movement.isWorldAllowed ? worldAccount(currency) : '';
    if (isSystemAccount(from) && from !== world) return refusal('system_account', { account: from });
    if (isSystemAccount(to) && to !== world) return refusal('system_account', { account: to });
  }
  for (const { account } of expectedVersions) if (isSystemAccount(account)) return refusal('system_account', { account });
  return null;
}

function checkExistence(draft: Draft, movement: Movement): Refusal | null {
  for (const { from, to } of movement.postings) {
    if (!isSystemAccount(from) && draft.account(from) === undefined) return refusal('account_not_found', { account: from });
    if (!isSystemAccount(to) && draft.account(to) === undefined) return refusal('account_not_found', { account: to });
  }
  for (const { account } of movement.expectedVersions)
    if (draft.account(account) === undefined) return refusal('account_not_found', { account });
  for (const { account, version } of movement.expectedVersions) {
    const found = draft.account(account) as Account;
    if (found.version !== version) return versionMismatch(found, version);
  }
  return null;
}

/** Closed before frozen over all postings; of a frozen account the credit side passes when only debits are frozen. */
function checkStatus(draft: Draft, movement: Movement): Refusal | null {
  for (const { from, to } of movement.postings) {
    if (draft.account(from)?.status === 'closed') return refusal('account_closed', { account: from });
    if (draft.account(to)?.status === 'closed') return refusal('account_closed', { account: to });
  }
  for (const { from, to } of movement.postings) {
    const source = draft.account(from);
    if (source?.status === 'frozen') return refusal('account_frozen', { account: from, scope: source.freezeScope ?? 'all' });
    const target = draft.account(to);
    if (target?.status === 'frozen' && target.freezeScope !== 'debits')
      return refusal('account_frozen', { account: to, scope: target.freezeScope ?? 'all' });
  }
  return null;
}

/** A currency no standard and no log knows is unknown; one the account does not have is a mismatch, whether or not the ledger has it. */
function checkCurrencies(draft: Draft, movement: Movement): Refusal | null {
  for (const { from, to, currency } of movement.postings) {
    if (draft.scale(currency) === undefined && isoScale(currency) === undefined) return refusal('unknown_currency', { currency });
    for (const id of [from, to]) {
      const account = draft.account(id);
      if (account !== undefined && account.currency !== currency) {
        return refusal('currency_mismatch', { account: id, currency, accountCurrency: account.currency });
      }
    }
  }
  return null;
}

function scaleOf(draft: Draft, currency: string): number {
  const scale = draft.scale(currency);
  if (scale === undefined) throw new BrokenPromiseError(`no scale of ${currency}`);
  return scale;
}

function checkEffectiveAt(effectiveAt: Micros, now: Micros, context: DecisionContext): Refusal | null {
  const earliest = now - context.effectiveWindowMicros;
  const latest = now + EFFECTIVE_AHEAD_MAX_MICROS;
  if (effectiveAt >= earliest && effectiveAt <= latest) return null;
  // The bounds themselves move with the clock, so they are not told: an answer must be the same however often a batch is tried.
  return refusal('effective_at_out_of_range', { effectiveAt: formatMicros(effectiveAt) });
}

function checkExternalId(draft: Draft, externalId: string): Refusal | null {
  // Twice inside one atomic batch: no transaction has it, nor will one.
  if (draft.transactions.some((transaction) => transaction.externalId === externalId)) return refusal('external_id_exists', { externalId });
  const existing = draft.state.transactionOf(externalId);
  return existing === undefined ? null : refusal('external_id_exists', { externalId, transactionId: existing });
}

/** The @world account of the currency, opened on first use inside this very record. */
function resolve(draft: Draft, id: string, currency: string): Account {
  const account = draft.account(id);
  if (account !== undefined) return account;
  if (id !== worldAccount(currency)) throw new BrokenPromiseError(`${id} vanished`);
  return draft.open(id, currency, UNLIMITED);
}

/** Writes the entries and holds the net effect on each account against its limits, in the order the accounts were named. */
function book(draft: Draft, movement: Movement, amounts: readonly bigint[], scales: readonly number[], index: number): Refusal | null {
  const before = new Map<string, { posted: bigint; scale: number }>();
  for (let i = 0; i < movement.postings.length; i++) {
    const { from, to, currency } = movement.postings[i] as Posting;
    const [amount, scale] = [amounts[i] as bigint, scales[i] as number];
    const leg: Leg = { from: resolve(draft, from, currency), to: resolve(draft, to, currency), amount };
    if (!before.has(from)) before.set(from, { posted: leg.from.posted, scale });
    if (!before.has(to)) before.set(to, { posted: leg.to.posted, scale });
    if (!draft.post(leg.from, index, -amount)) return refusal('balance_out_of_range', { account: from, currency });
    if (!draft.post(leg.to, index, amount)) return refusal('balance_out_of_range', { account: to, currency });
  }
  for (const [id, { posted, scale }] of before) {
    const reason = checkBalance(posted, draft.account(id) as Account, scale);
    if (reason !== null) return reason;
  }
  return null;
}

export function parseMetadata(text: string): Record<string, unknown> {
  const value: unknown = JSON.parse(text);
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw new BrokenPromiseError('metadata is no JSON object');
  return value as Record<string, unknown>;
}

function termsDetails(terms: Terms | undefined): Details | null {
  if (terms === undefined || (terms.metadata === undefined && terms.reference === undefined && terms.description === undefined))
    return null;
  const body: Details = {};
  if (terms.metadata !== undefined) body.metadata = parseMetadata(terms.metadata);
  if (terms.reference !== undefined) body.reference = terms.reference;
  if (terms.description !== undefined) body.description = terms.description;
  return body;
}

/**
 * Decides one transaction and adds it to the draft, or says why not (the draft is of no use then). The order of the checks is part of the contract:
 * a caller who made two mistakes always hears of the same one.
 */
export function decideMovement(draft: Draft, movement: Movement, now: Micros, context: DecisionContext): Refusal | null {
  const index = draft.transactions.length;
  const early = checkNames(movement) ?? checkExistence(draft, movement) ?? checkStatus(draft, movement) ?? checkCurrencies(draft, movement);
  if (early !== null) return early;
  const amounts: bigint[] = [];
  const scales: number[] = [];
  for (const { amount, currency } of movement.postings) {
    const scale = scaleOf(draft, currency);
    const minor = parseMoved(amount, scale, currency);
    if (typeof minor !== 'bigint') return minor;
    amounts.push(minor);
    scales.push(scale);
  }
  const effectiveAt = movement.terms?.effectiveAt ?? now;
  const externalId = movement.terms?.externalId || null;
  const late =
    checkEffectiveAt(effectiveAt, now, context) ??
    (externalId === null ? null : checkExternalId(draft, externalId)) ??
    book(draft, movement, amounts, scales, index);
  if (late !== null) return late;
  draft.transactions.push({ effectiveAt, externalId });
  const body = termsDetails(movement.terms);
  if (body !== null) draft.details.push({ index, body });
  return null;
}
