import type { Random } from '../driver/index.ts';
import type { Accounts } from './accounts.ts';
import type { LoadOptions } from './options.ts';

export interface Transfer {
  from: string;
  to: string;
  amount: bigint;
}

/** One thing to do. Amounts in minor units. */
export type Operation =
  | { kind: 'deposit' | 'withdraw'; account: string; amount: bigint }
  | ({ kind: 'transfer' } & Transfer)
  | { kind: 'batch'; transfers: Transfer[] }
  | { kind: 'balance' | 'history'; account: string }
  | { kind: 'create'; account: string };

export type OperationKind = Operation['kind'];

/** In the order of tables. */
export const OPERATION_KINDS: readonly OperationKind[] = ['deposit', 'withdraw', 'transfer', 'batch', 'balance', 'history', 'create'];

type Weights = Pick<
  LoadOptions,
  'depositWeight' | 'withdrawWeight' | 'transferWeight' | 'balanceWeight' | 'historyWeight' | 'createWeight' | 'batch'
>;

/** The weight of each kind. A batch can hold no deposit and no withdrawal, so with --batch all weights of money are the weight of batches of transfers. */
export function weightsOf(options: Weights): readonly number[] {
  const { depositWeight, withdrawWeight, transferWeight, balanceWeight, historyWeight, createWeight } = options;
  const money =
    options.batch === undefined
      ? [depositWeight, withdrawWeight, transferWeight, 0]
      : [0, 0, 0, depositWeight + withdrawWeight + transferWeight];
  return [...money, balanceWeight, historyWeight, createWeight];
}

/** What a run opens beside --accounts: what each must have is kept in memory. Afterwards the weight of create is that of balance. */
export const CREATED_MAX = 1_000_000;

/** What one worker does, decided by its own chance alone: the same seed gives the same operations, in the same order. */
export class Plan {
  private readonly options: LoadOptions;
  private readonly random: Random;
  private readonly accounts: Accounts;
  private readonly weights: readonly number[];
  private readonly accountPrefix: string;
  private readonly createdMax: number;
  private created = 0;

  /** `accountPrefix` begins the ids of the accounts that it opens, and is its own. `createdMax` is its part of CREATED_MAX. */
  constructor(options: LoadOptions, random: Random, accounts: Accounts, accountPrefix: string, createdMax: number = CREATED_MAX) {
    this.createdMax = createdMax;
    this.options = options;
    this.random = random;
    this.accounts = accounts;
    this.weights = weightsOf(options);
    this.accountPrefix = accountPrefix;
  }

  next(): Operation {
    const kind = OPERATION_KINDS[this.random.weighted(this.weights)] as OperationKind;
    switch (kind) {
      case 'deposit':
      case 'withdraw':
        return { kind, account: this.accounts.pick(this.random), amount: this.amount() };
      case 'transfer':
        return { kind, ...this.transfer() };
      case 'batch':
        return { kind, transfers: Array.from({ length: this.options.batch ?? 1 }, () => this.transfer()) };
      case 'balance':
      case 'history':
        return { kind, account: this.accounts.pick(this.random) };
      case 'create':
        if (this.created >= this.createdMax) return { kind: 'balance', account: this.accounts.pick(this.random) };
        return { kind, account: `${this.accountPrefix}${this.created++}` };
    }
  }

  /** An account that was opened can be chosen from now on. */
  opened(account: string): void {
    this.accounts.join(account);
  }

  private transfer(): Transfer {
    const [from, to] = this.accounts.pickTwo(this.random);
    return { from, to, amount: this.amount() };
  }

  private amount(): bigint {
    return BigInt(this.random.whole(this.options.minAmount, this.options.maxAmount));
  }
}
