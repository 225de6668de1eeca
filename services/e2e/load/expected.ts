import type { ItemVerdicts } from './verdict.ts';
import type { Operation, Transfer } from './plan.ts';

/** What the ledger must say, from what it acknowledged to this run: the balance of each account that the run opened, and the newest write. */
export class Expected {
  /** Minor units by account. */
  readonly balances = new Map<string, bigint>();
  private readonly initialDeposit: bigint;
  private newestPosition = 0n;
  private newestToken: string | null = null;

  constructor(initialDeposit: bigint) {
    this.initialDeposit = initialDeposit;
  }

  /** Ledger-Consistency of the write with the greatest position; null before the first. */
  get token(): string | null {
    return this.newestToken;
  }

  get position(): bigint {
    return this.newestPosition;
  }

  wrote(position: bigint, token: string): void {
    if (position <= this.newestPosition) return;
    this.newestPosition = position;
    this.newestToken = token;
  }

  /** Takes in an operation that was done, once. */
  apply(operation: Operation, items: ItemVerdicts | null): void {
    switch (operation.kind) {
      case 'create':
        this.balances.set(operation.account, this.initialDeposit);
        return;
      case 'deposit':
        return this.add(operation.account, operation.amount);
      case 'withdraw':
        return this.add(operation.account, -operation.amount);
      case 'transfer':
        return this.move(operation);
      case 'batch':
        for (const [index, transfer] of operation.transfers.entries()) if (items?.done[index] === true) this.move(transfer);
        return;
      case 'balance':
      case 'history':
        return;
    }
  }

  private move({ from, to, amount }: Transfer): void {
    this.add(from, -amount);
    this.add(to, amount);
  }

  private add(account: string, amount: bigint): void {
    this.balances.set(account, (this.balances.get(account) ?? 0n) + amount);
  }
}
