import { DigestSum } from '@ledgerflow/contracts';
import { ENTRY } from './record.ts';
import type { AccountEventRow } from './rows.ts';

/** Of a sum's lanes, which are exact for 2^21 terms. */
const TERMS_MAX = 500_000;

/** Rows and digest that a statement has of some events. */
export class EventTally {
  private rows = 0;
  private terms = 0;
  private digest = new DigestSum(0n);

  /** An event that was found right. */
  add([, version, , , type, , amount, postedAfter, heldAfter]: AccountEventRow, account: string | null): void {
    this.rows += 1;
    if (type !== ENTRY) return;
    if (++this.terms % TERMS_MAX === 0) this.digest = new DigestSum(this.digest.total());
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
