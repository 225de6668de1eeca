import type { Findings } from './differences.ts';
import type { ParkedAccount } from './parked.ts';
import type { ReadFacts } from './read-side.ts';

/**
 * Whether every record of a parked account from the first parked one on to the checkpoint is parked too: one that is not would never be applied to it. Records are
 * counted and their positions summed, so that nothing is kept of them.
 */
export class LetterCheck {
  private readonly read: ReadFacts | null;
  private readonly findings: Findings;
  private readonly unmet: Map<number, ParkedAccount>;
  private account: ParkedAccount | undefined;
  private count = 0;
  private sum = 0n;
  private last = 0;

  constructor(read: ReadFacts | null, findings: Findings) {
    this.read = read;
    this.findings = findings;
    this.unmet = new Map(read?.parked);
  }

  begin(number: number): void {
    this.account = this.read?.parked.get(number);
    this.unmet.delete(number);
    this.count = 0;
    this.sum = 0n;
    this.last = 0;
  }

  /** A record that touches the account; one with several of its events comes as often, in a row. */
  record(position: number): void {
    if (this.account === undefined || position < this.account.first || position > this.read!.checkpoint || position === this.last) return;
    this.last = position;
    this.count += 1;
    this.sum += BigInt(position);
  }

  finish(id: string | null): void {
    const { account, findings } = this;
    if (account === undefined) return;
    if (account.id !== null && account.id !== id)
      findings.add(
        'read parked',
        account.first,
        id,
        `account number ${account.number} is parked as ${account.id}; the log says that it is ${id}`,
      );
    if (account.letters !== this.count || account.positions !== this.sum)
      findings.add(
        'read parked',
        account.first,
        id,
        `${account.letters} records of account ${id} are parked from position ${account.first} on; the log has ${this.count} of it from there to the checkpoint${account.letters === this.count ? ', others' : ''}`,
      );
  }

  /** After the last account. */
  strays(): void {
    for (const { number, id, first } of this.unmet.values())
      this.findings.add('read parked', first, id, `account number ${number} is parked, which the log never opened`);
  }
}
