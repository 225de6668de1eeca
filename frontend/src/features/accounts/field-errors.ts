import { LedgerFlowProblem } from '@ledgerflow/client';
import { tell } from '../../ui/problem/index.ts';

/** Refusals that name no field, and the one they are about. */
const FIELD_OF_CODE: Readonly<Record<string, string>> = { account_exists: 'id', unknown_currency: 'currency' };

const decimalsOf = (text: unknown): number => (typeof text === 'string' ? (text.trim().split('.')[1]?.length ?? 0) : 0);

/** What a refusal says of which fields of a form: of the one it names, of the one its code is about, of every amount with more decimals than its currency. Empty: of none, it is for the whole form. */
export function mistakesIn(error: unknown, values: object, fields: readonly string[], scale: number | null): Record<string, string> {
  if (!(error instanceof LedgerFlowProblem)) return {};
  const named = (error.field ?? '').split(/[.[/]/).find((part) => part !== '' && part !== 'body');
  const field = fields.find((one) => one === named || one === FIELD_OF_CODE[error.code]);
  if (field !== undefined) return { [field]: tell(error).detail };
  if (error.code !== 'amount_too_precise' || scale === null) return {};
  const amounts = Object.entries(values).filter(([name, text]) => /balance$/i.test(name) && decimalsOf(text) > scale);
  return Object.fromEntries(amounts.map(([name]) => [name, error.detail]));
}
