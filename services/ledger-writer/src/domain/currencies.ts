import type { Refusal } from '@ledgerflow/contracts';
import { isoScale, SCALE_MAX } from '@ledgerflow/contracts';
import type { AddCurrency } from '@ledgerflow/contracts/grpc';
import { refusal } from './decision.ts';
import type { Draft } from './draft.ts';

/**
 * Adds a currency to the draft. ISO 4217 gives its codes their scale, and a caller may repeat it but not contradict it; any other code is a custom
 * asset and needs one. From here on the scale is read from the log.
 */
export function decideCurrency(draft: Draft, { code, scale }: AddCurrency): Refusal | null {
  if (draft.scale(code) !== undefined) return refusal('currency_exists', { currency: code });
  const standard = isoScale(code);
  const decided = standard ?? scale;
  if (decided === undefined) return refusal('unknown_currency', { currency: code });
  if (decided > SCALE_MAX) return refusal('unknown_currency', { currency: code, scale: String(decided), scaleMax: String(SCALE_MAX) });
  if (standard !== undefined && scale !== undefined && scale !== standard) {
    return refusal('unknown_currency', { currency: code, scale: String(scale), isoScale: String(standard) });
  }
  draft.addCurrency(code, decided);
  return null;
}
