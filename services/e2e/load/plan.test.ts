import { describe, expect, it } from '@jest/globals';
import { Random } from '../driver/index.ts';
import { Accounts } from './accounts.ts';
import type { LoadOptions } from './options.ts';
import { parseLoadOptions } from './options.ts';
import { type Operation, type OperationKind, Plan } from './plan.ts';
import { amountText, requestOf } from './requests.ts';

const IDS = Array.from({ length: 100 }, (_, index) => `a-${index}`);

function optionsOf(...argv: string[]): LoadOptions {
  const parsed = parseLoadOptions(argv, {}, () => 1);
  if ('exitCode' in parsed) throw new Error(`wrong usage: ${argv.join(' ')}`);
  return parsed.options;
}

function planOf(options: LoadOptions, stream = 0): Plan {
  const hot = { ratio: options.hotAccountRatio, rate: options.hotSelectionRate };
  return new Plan(options, new Random(options.seed, stream), new Accounts(IDS, hot), 'new-');
}

const take = (plan: Plan, count: number): Operation[] => Array.from({ length: count }, () => plan.next());

function shares(operations: Operation[]): Partial<Record<OperationKind, number>> {
  const counts: Partial<Record<OperationKind, number>> = {};
  for (const { kind } of operations) counts[kind] = (counts[kind] ?? 0) + 1 / operations.length;
  return counts;
}

describe('a plan', () => {
  it('repeats by seed and worker, and differs between workers and seeds', () => {
    const of = (seed: string, worker: number): Operation[] => take(planOf(optionsOf(`--seed=${seed}`, '--transfer-weight=5'), worker), 200);
    expect(of('7', 1)).toEqual(of('7', 1));
    expect(of('7', 1)).not.toEqual(of('7', 2));
    expect(of('7', 1)).not.toEqual(of('8', 1));
  });

  it('has the kinds by their weights', () => {
    const found = shares(take(planOf(optionsOf()), 40_000));
    const expected = { deposit: 0.35, withdraw: 0.3, balance: 0.2, history: 0.1, create: 0.05 };
    expect(Object.keys(found).toSorted()).toEqual(Object.keys(expected).toSorted());
    for (const [kind, share] of Object.entries(expected)) expect(Math.abs((found[kind as OperationKind] ?? 0) - share)).toBeLessThan(0.01);
  });

  it('leaves out what has the weight 0', () => {
    const weights = ['--deposit-weight=0', '--withdraw-weight=0', '--transfer-weight=1', '--balance-weight=0', '--history-weight=0'];
    expect(shares(take(planOf(optionsOf(...weights, '--create-weight=0')), 1_000))).toEqual({ transfer: expect.closeTo(1) });
  });

  it('makes batches of transfers with all the weight of money', () => {
    const operations = take(planOf(optionsOf('--batch=7')), 4_000);
    const found = shares(operations);
    expect([found.deposit, found.withdraw, found.transfer]).toEqual([undefined, undefined, undefined]);
    expect(Math.abs((found.batch ?? 0) - 0.65)).toBeLessThan(0.03);
    for (const operation of operations) {
      if (operation.kind !== 'batch') continue;
      expect(operation.transfers).toHaveLength(7);
      expect(operation.transfers.every(({ from, to }) => from !== to)).toBe(true);
    }
  });

  it('moves amounts from the least to the greatest, both included', () => {
    const amounts = take(planOf(optionsOf('--min-amount=5', '--max-amount=8')), 2_000).flatMap((one) =>
      one.kind === 'deposit' || one.kind === 'withdraw' ? [one.amount] : [],
    );
    expect(new Set(amounts)).toEqual(new Set([5n, 6n, 7n, 8n]));
  });

  it('opens accounts under names of its own, and chooses them once they are open', () => {
    const weights = ['--balance-weight=1', '--deposit-weight=0', '--withdraw-weight=0', '--history-weight=0', '--create-weight=1'];
    const plan = planOf(optionsOf(...weights, '--hot-account-ratio=0'));
    const opened = new Set<string>();
    const read = new Set<string>();
    for (const operation of take(plan, 100)) if (operation.kind === 'create') opened.add(operation.account);
    for (const id of opened) plan.opened(id);
    for (const operation of take(plan, 5_000)) if (operation.kind === 'balance') read.add(operation.account);
    expect(opened.size).toBeGreaterThan(20);
    for (const id of opened) expect(read.has(id)).toBe(true);
  });
});

describe('what grows with a run', () => {
  it('is bounded: no more accounts than a plan may open, and reads in their stead', () => {
    const options = optionsOf('--deposit-weight=0', '--withdraw-weight=0', '--balance-weight=0', '--history-weight=0');
    const plan = new Plan(options, new Random(1), new Accounts(IDS, { ratio: 0, rate: 0 }), 'new-', 5);
    expect(shares(take(plan, 100))).toEqual({ create: expect.closeTo(0.05), balance: expect.closeTo(0.95) });
  });

  it('is bounded: accounts that joined beyond memory are not chosen', () => {
    const accounts = new Accounts(IDS, { ratio: 0, rate: 0 });
    for (let number = 0; number < 10_500; number++) accounts.join(`new-${number}`);
    expect(accounts.size).toBe(IDS.length + 10_000);
  });
});

describe('the choice of accounts', () => {
  const share = (accounts: Accounts, ids: ReadonlySet<string>): number => {
    const random = new Random(5);
    return Array.from({ length: 20_000 }, () => accounts.pick(random)).filter((id) => ids.has(id)).length / 20_000;
  };

  it.each([
    [0.1, 0.8, 10, 0.8],
    [0.001, 0.5, 1, 0.5],
    [0, 0.8, 10, 0.1],
    [1, 0.1, 10, 0.1],
    [0.5, 1, 50, 1],
    [0.5, 0, 50, 0],
  ])('a hot ratio of %d chosen with a rate of %d: the first %d get %d', (ratio, rate, first, expected) =>
    expect(Math.abs(share(new Accounts(IDS, { ratio, rate }), new Set(IDS.slice(0, first))) - expected)).toBeLessThan(0.02),
  );

  it('gives two different accounts, also when nearly all choices fall on one', () => {
    const accounts = new Accounts(['a', 'b'], { ratio: 0.5, rate: 1 });
    const random = new Random(6);
    for (let draws = 0; draws < 100; draws++) expect(accounts.pickTwo(random)).toEqual(['a', 'b']);
  });
});

describe('requests', () => {
  it.each([
    [0n, '0.00'],
    [5n, '0.05'],
    [1_230n, '12.30'],
    [100_000_000_000_000_000_001n, '1000000000000000000.01'],
  ])('%d minor units are %s', (minor, text) => expect(amountText(minor)).toBe(text));

  it('send money as decimal text', () => {
    expect(requestOf({ kind: 'withdraw', account: 'a-1', amount: 105n }, 'l', 0n)).toEqual({
      method: 'POST',
      path: '/api/v1/ledgers/l/accounts/a-1/withdrawals',
      body: '{"amount":"1.05","currency":"USD"}',
    });
    expect(requestOf({ kind: 'batch', transfers: [{ from: 'a', to: 'b', amount: 1n }] }, 'l', 0n).body).toBe(
      '{"atomic":false,"transactions":[{"postings":[{"from":"a","to":"b","amount":"0.01","currency":"USD"}]}]}',
    );
    expect(requestOf({ kind: 'balance', account: 'a' }, 'l/m?', 0n).path).toBe('/api/v1/ledgers/l%2Fm%3F/accounts/a/balance');
    expect(requestOf({ kind: 'create', account: 'n' }, 'l', 10_000n).body).toBe('{"id":"n","currency":"USD","initialBalance":"100.00"}');
    expect(requestOf({ kind: 'create', account: 'n' }, 'l', 0n).body).toBe('{"id":"n","currency":"USD"}');
  });
});
