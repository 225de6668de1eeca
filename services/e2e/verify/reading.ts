import type { Findings } from './differences.ts';
import { UnreadableRow } from './query.ts';

/**
 * Reads until the end of what a pass reads; false when a row could not be read, which then is a difference like any other, and ends the pass. `nameOf` tells the id
 * of an account, if it is known.
 */
export async function readAll(
  findings: Findings,
  read: () => Promise<void>,
  nameOf: (accountNumber: number) => string | null = () => null,
): Promise<boolean> {
  try {
    await read();
    return true;
  } catch (error) {
    if (!(error instanceof UnreadableRow)) throw error;
    const { finding, accountNumber } = error;
    findings.addAll([{ ...finding, account: finding.account ?? (accountNumber === null ? null : nameOf(accountNumber)) }]);
    return false;
  }
}
