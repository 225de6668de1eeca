import type { ItemVerdicts } from './verdict.ts';
import type { Operation, Transfer } from './plan.ts';

interface Account {
  /** Minor units that came in by acknowledged writes. */
  credited: bigint;
  /** Minor units that went out by acknowledged writes. */
  debited: bigint;
  /** Minor units that writes without an answer may take out. */
  leaving: bigint;
}

/** A write from its first attempt to its answer, and what is known of it. */
export interface Writing {
  readonly operation: Operation;
  /** What each account that it takes from had received before it began, so that it must have been there for it. */
  readonly creditedBefore: ReadonlyMap<string, bigint>;
  /** By transfer (one of a single operation): whether its effect, or that it has none, is entered. */
  readonly isEntered: boolean[];
}

/** What an operation takes out, transfer by transfer. */
function debitsOf(operation: Operation): readonly { from: string; amount: bigint }[] {
  switch (operation.kind) {
    case 'withdraw':
      return [{ from: operation.account, amount: operation.amount }];
    case 'transfer':
      return [operation];
    case 'batch':
      return operation.transfers;
    case 'deposit':
    case 'create':
    case 'balance':
    case 'history':
      return [];
  }
}

/**
 * What the ledger must say, from what it acknowledged to this run: the balance of each account that the run opened, and the newest write. In memory, about 200 bytes
 * an account; how many a run can open is bounded (--accounts and CREATED_MAX).
 */
export class Expected {
  private readonly accounts = new Map<string, Account>();
  private readonly doubted = new Set<string>();
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

  /** Of the write with the token; 0 before the first. */
  get position(): bigint {
    return this.newestPosition;
  }

  /** Minor units by account. */
  get balances(): Map<string, bigint> {
    return new Map([...this.accounts].map(([id, { credited, debited }]) => [id, credited - debited]));
  }

  /** Accounts about which nothing can be said: a write on them was never answered. */
  get doubtful(): ReadonlySet<string> {
    return this.doubted;
  }

  wrote(position: bigint, token: string): void {
    if (position <= this.newestPosition) return;
    this.newestPosition = position;
    this.newestToken = token;
  }

  /** Before the first attempt of a write. */
  begin(operation: Operation): Writing {
    const debits = debitsOf(operation);
    const creditedBefore = new Map(debits.map(({ from }) => [from, this.accounts.get(from)?.credited ?? 0n]));
    for (const { from, amount } of debits) this.account(from).leaving += amount;
    const isEntered = Array.from({ length: operation.kind === 'batch' ? operation.transfers.length : 1 }, () => false);
    return { operation, creditedBefore, isEntered };
  }

  /** Takes in what was done of a write, each part of it once; null: all of it. */
  done({ operation, isEntered }: Writing, items: ItemVerdicts | null): void {
    for (const index of isEntered.keys()) {
      if (isEntered[index] === true || (items !== null && items.done[index] !== true)) continue;
      isEntered[index] = true;
      this.unhold(operation, index);
      this.apply(operation, index);
    }
  }

  /**
   * Takes in that a write (null), or these parts of it, had no effect because the money was not there. True if that can be: what an account had for certain, all that
   * may have gone out meanwhile taken off, was less than what was asked of it.
   */
  refused(writing: Writing, items: ItemVerdicts | null): boolean {
    const debits = debitsOf(writing.operation);
    let isPlausible = true;
    const refusedNow = [...writing.isEntered.keys()].filter(
      (index) => !writing.isEntered[index] && (items === null || items.isRefused[index]),
    );
    for (const index of refusedNow) {
      const debit = debits[index];
      if (debit === undefined) continue;
      const { debited, leaving } = this.account(debit.from);
      const surely = (writing.creditedBefore.get(debit.from) ?? 0n) - debited - (leaving - debit.amount);
      if (surely >= debit.amount) isPlausible = false;
    }
    for (const index of refusedNow) {
      writing.isEntered[index] = true;
      this.unhold(writing.operation, index);
    }
    return isPlausible;
  }

  /** What is left of a write had no effect. */
  dropped({ operation, isEntered }: Writing): void {
    for (const index of isEntered.keys()) {
      if (isEntered[index] === true) continue;
      isEntered[index] = true;
      this.unhold(operation, index);
    }
  }

  /** Whether what is left of a write had its effect will never be known. */
  doubt({ operation, isEntered }: Writing): void {
    const left = operation.kind === 'batch' ? operation.transfers.filter((_, index) => isEntered[index] !== true) : [operation];
    for (const part of left) {
      if ('account' in part) this.doubted.add(part.account);
      if ('from' in part) this.doubted.add(part.from).add(part.to);
    }
  }

  private unhold(operation: Operation, index: number): void {
    const debit = debitsOf(operation)[index];
    if (debit !== undefined) this.account(debit.from).leaving -= debit.amount;
  }

  private apply(operation: Operation, index: number): void {
    switch (operation.kind) {
      case 'create':
        this.account(operation.account).credited += this.initialDeposit;
        return;
      case 'deposit':
        this.account(operation.account).credited += operation.amount;
        return;
      case 'withdraw':
        this.account(operation.account).debited += operation.amount;
        return;
      case 'transfer':
        return this.move(operation);
      case 'batch':
        return this.move(operation.transfers[index] as Transfer);
      case 'balance':
      case 'history':
        return;
    }
  }

  private move({ from, to, amount }: Transfer): void {
    this.account(from).debited += amount;
    this.account(to).credited += amount;
  }

  private account(id: string): Account {
    let account = this.accounts.get(id);
    if (account === undefined) {
      account = { credited: 0n, debited: 0n, leaving: 0n };
      this.accounts.set(id, account);
    }
    return account;
  }
}
