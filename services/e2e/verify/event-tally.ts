import { DigestSum } from '@ledgerflow/contracts';
import { ENTRY } from './record.ts';
import type { AccountEventRow } from './rows.ts';

/** Rows and digest that a statement has of some events. */
export class EventTally {
  private rows = 0;
  private readonly digest = new DigestSum(0n);

  /** An event that was found right. */
  add([, version, , , type, , amount, postedAfter, heldAfter]: AccountEventRow, account: string | null): void {
    this.rows += 1;
    if (type !== ENTRY) return;
    this.digest.addEntry({
      account: account ?? '',
      version: BigInt(version ?? 0),
      amount: amount ?? 0n,
      postedAfter: postedAfter ?? 0n,
      heldAfter: heldAfter ?? 0n,
    });
  }

  total(): { rows: number; digest: bigint } {
    return { rows: this.rows, digest: this.digest.total() };
  }
}
