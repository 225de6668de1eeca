import { mayUseLedger } from '../../auth/principal.ts';
import type { Call } from '../../contract/route.ts';
import { Problem } from '../../http/problem.ts';
import type { Services } from '../../services.ts';

/** The number of the ledger that a request names, null when it names none and so means all. Throws forbidden without the grant for it, or, for all, without the grant `*`; ledger_not_found. */
export async function ledgerNumber(call: Call, { operations }: Services, ledger: string | undefined): Promise<number | null> {
  if (ledger === undefined) {
    if (!call.principal.ledgers.has('*')) throw new Problem('forbidden', { detail: 'Without a ledger the grant * is needed' });
    return null;
  }
  if (!mayUseLedger(call.principal, ledger)) throw new Problem('forbidden', { detail: 'The token does not grant this ledger' });
  const number = await operations.getLedgerNumber(ledger);
  if (number === null) throw new Problem('ledger_not_found', { parameters: { ledger } });
  return number;
}

/** Whether the caller may see what is of a ledger; what is of all (null) is seen with the grant `*`. */
export function maySee(call: Call, ledger: string | null): boolean {
  return ledger === null ? call.principal.ledgers.has('*') : mayUseLedger(call.principal, ledger);
}

/** What lists are filtered by; null: all. */
export const grantedLedgers = ({ principal }: Call): readonly string[] | null =>
  principal.ledgers.has('*') ? null : [...principal.ledgers];
