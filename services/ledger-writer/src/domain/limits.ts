import type { Refusal } from '@ledgerflow/contracts';
import { formatMinor, parseMinor } from '@ledgerflow/contracts';
import type { Limit } from '@ledgerflow/contracts/grpc';
import { BrokenPromiseError, refusal } from './decision.ts';
import type { Account } from './state.ts';

const DECIMAL = /^-?[0-9]+(?:\.[0-9]+)?$/;

/** Why a decimal is no amount of this scale: too many decimals, or too many digits. Anything that is no decimal was to be stopped at the edge. */
function amountRefusal(text: string, scale: number, currency: string): Refusal {
  if (!DECIMAL.test(text)) throw new BrokenPromiseError(`"${text}" is no decimal`);
  const point = text.indexOf('.');
  const decimals = point === -1 ? 0 : text.slice(point + 1).replace(/0+$/, '').length;
  if (decimals > scale) return refusal('amount_too_precise', { amount: text, currency, scale: String(scale) });
  return refusal('balance_out_of_range', { amount: text, currency });
}

/** A decimal, of any sign, in minor units. */
export function parseAmount(text: string, scale: number, currency: string): bigint | Refusal {
  return parseMinor(text, scale) ?? amountRefusal(text, scale, currency);
}

/** The same for what is moved: above zero, which the edge has to see to. */
export function parseMoved(text: string, scale: number, currency: string): bigint | Refusal {
  const minor = parseAmount(text, scale, currency);
  if (typeof minor === 'bigint' && minor <= 0n) throw new BrokenPromiseError(`"${text}" moves nothing`);
  return minor;
}

/** True when the message says anything: absent limits and `none: false` mean unchanged. */
export function isLimitGiven(limit: Limit | undefined): limit is { value: NonNullable<Limit['value']> } {
  return limit?.value !== undefined && !(limit.value.$case === 'none' && !limit.value.value);
}

/** A limit in minor units, null for none, `otherwise` when it is not given. */
export function parseLimit(limit: Limit | undefined, otherwise: bigint | null, scale: number, currency: string): bigint | null | Refusal {
  if (!isLimitGiven(limit)) return otherwise;
  return limit.value.$case === 'none' ? null : parseAmount(limit.value.value, scale, currency);
}

export function isRefusal(value: bigint | null | Refusal): value is Refusal {
  return typeof value === 'object' && value !== null;
}

const show = (minor: bigint | null, scale: number): string => (minor === null ? 'none' : formatMinor(minor, scale));

/** Limits must leave room for each other and for the balance there is. */
export function checkLimits(minBalance: bigint | null, maxBalance: bigint | null, posted: bigint, scale: number): Refusal | null {
  const contradict = minBalance !== null && maxBalance !== null && minBalance > maxBalance;
  const excludeBalance = (minBalance !== null && posted < minBalance) || (maxBalance !== null && posted > maxBalance);
  if (!contradict && !excludeBalance) return null;
  return refusal('invalid_limits', {
    minBalance: show(minBalance, scale),
    maxBalance: show(maxBalance, scale),
    balance: formatMinor(posted, scale),
  });
}

/**
 * Whether a transaction's net effect on one account is within its limits: what went down is held against the minimum (by what is available), what went up
 * against the maximum. An account whose net is zero is not asked, so a limit lowered by other means never blocks money that only passes through.
 */
export function checkBalance(before: bigint, after: Account, scale: number): Refusal | null {
  const net = after.posted - before;
  if (net < 0n && after.minBalance !== null && after.posted - after.held < after.minBalance) {
    const available = formatMinor(before - after.held, scale);
    return refusal('insufficient_funds', {
      account: after.account,
      available,
      amount: formatMinor(-net, scale),
      minBalance: formatMinor(after.minBalance, scale),
    });
  }
  if (net > 0n && after.maxBalance !== null && after.posted > after.maxBalance) {
    const balance = formatMinor(before, scale);
    return refusal('limit_exceeded', {
      account: after.account,
      balance,
      amount: formatMinor(net, scale),
      maxBalance: formatMinor(after.maxBalance, scale),
    });
  }
  return null;
}
