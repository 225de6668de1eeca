import fc from 'fast-check';
import type { Command, Limit, Terms } from '@ledgerflow/contracts/grpc';
import type { CommandBody } from '../domain/definition.ts';
import type { Submission } from '../domain/state.ts';
import { amountLimit, commandOf, NO_LIMIT, say, submissionOf } from './fixtures.ts';

/** Few names, so that commands meet: some are opened at the start, some by chance, some never, some are the house's own. */
const ACCOUNTS = ['alice', 'bob', 'carol', 'dave', 'Alice', 'tight', 'open:1'] as const;
const HOSTILE_ACCOUNTS = ['@world:USD', '@world:EUR', 'nobody'] as const;
const CURRENCIES = ['USD', 'EUR', 'JPY', 'POINTS'] as const;
const HOSTILE_CURRENCIES = ['XYZ', 'NOPE'] as const;
const AMOUNTS = ['1', '0.01', '2.50', '10', '99.99', '100', '1000', '7.005', '5', '3', '999999999999999999999999999999999999.99'] as const;
const KEYS_MAX = 60;

const often = <T>(usual: fc.Arbitrary<T>, rare: fc.Arbitrary<T>, ratio = 12): fc.Arbitrary<T> =>
  fc.oneof({ arbitrary: usual, weight: ratio }, { arbitrary: rare, weight: 1 });

const account = often<string>(fc.constantFrom(...ACCOUNTS), fc.constantFrom(...HOSTILE_ACCOUNTS));
const currency = often<string>(
  often<string>(fc.constant('USD'), fc.constantFrom(...CURRENCIES), 4),
  fc.constantFrom(...HOSTILE_CURRENCIES),
  20,
);
const amount = fc.constantFrom(...AMOUNTS);
const expectedVersion = often<bigint | undefined>(fc.constant(undefined), fc.bigInt({ min: 1n, max: 6n }), 6);
const metadata = fc.option(
  fc.dictionary(
    fc.constantFrom('a', 'b', 'ü', '10', '9'),
    fc.oneof(fc.string({ maxLength: 8, unit: 'grapheme' }), fc.integer(), fc.boolean(), fc.constant(null)),
    { maxKeys: 3 },
  ),
  { nil: undefined, freq: 3 },
);
const metadataText = metadata.map((value) => (value === undefined ? undefined : JSON.stringify(value)));
const text = fc.option(fc.string({ maxLength: 12, unit: 'grapheme' }), { nil: undefined, freq: 3 });

/** Around a fixed time, so that some are inside the window whatever the clock of the store says, and some never. */
const effectiveAt = (now: bigint): fc.Arbitrary<bigint | undefined> =>
  often<bigint | undefined>(
    fc.constant(undefined),
    fc.constantFrom(now - 86_400_000_000n, now - 401n * 86_400_000_000n, now + 86_400_000_000n),
    5,
  );

const termsOf = (now: bigint): fc.Arbitrary<Terms | undefined> =>
  often<Terms | undefined>(
    fc.constant(undefined),
    fc.record({
      externalId: fc.option(fc.constantFrom('order-1', 'order-2', 'order-3', 'order-4'), { nil: undefined }),
      reference: text,
      description: text,
      effectiveAt: effectiveAt(now),
      metadata: metadataText,
    }),
    1,
  );

const limit: fc.Arbitrary<Limit | undefined> = fc.oneof(
  { arbitrary: fc.constant<Limit | undefined>(undefined), weight: 4 },
  { arbitrary: fc.constant<Limit | undefined>(NO_LIMIT), weight: 1 },
  {
    arbitrary: fc.constantFrom('0', '10', '100', '-50', '-0.5', '5.123', '1000').map((value): Limit | undefined => amountLimit(value)),
    weight: 2,
  },
);

const posting = fc.tuple(account, account, amount, currency);

function bodies(now: bigint): fc.Arbitrary<CommandBody> {
  const terms = termsOf(now);
  const transaction = fc.tuple(fc.array(posting, { minLength: 1, maxLength: 4 }), terms).map(([postings, t]) => say.post(postings, t));
  const versions = fc.dictionary(account, fc.bigInt({ min: 1n, max: 6n }), { maxKeys: 1 });
  const weighted: [number, fc.Arbitrary<CommandBody>][] = [
    [8, fc.tuple(account, account, amount, currency, terms, often(fc.constant({}), versions, 6)).map((args) => say.transfer(...args))],
    [5, fc.tuple(account, amount, currency, terms, expectedVersion).map((args) => say.deposit(...args))],
    [4, fc.tuple(account, amount, currency, terms, expectedVersion).map((args) => say.withdraw(...args))],
    [3, transaction],
    [3, fc.array(transaction, { minLength: 1, maxLength: 4 }).map((transactions) => say.batch(...transactions))],
    [
      4,
      fc
        .tuple(
          fc.option(account, { nil: undefined, freq: 6 }),
          currency,
          fc.record({
            name: text,
            ownerId: text,
            initialBalance: fc.option(fc.constantFrom('0', '100', '12.34', '1.999'), { nil: undefined }),
            minBalance: limit,
            maxBalance: limit,
            metadata: metadataText,
          }),
        )
        .map(([id, code, over]) => say.open(id, code, over)),
    ],
    [
      1,
      fc
        .tuple(currency, fc.option(fc.integer({ min: 0, max: 19 }), { nil: undefined }))
        .map(([code, scale]) => say.addCurrency(code, scale)),
    ],
    [1, fc.tuple(account, fc.constantFrom('all', 'debits', ''), expectedVersion).map((args) => say.freeze(...args))],
    [2, fc.tuple(account, expectedVersion).map((args) => say.unfreeze(...args))],
    [1, fc.tuple(account, expectedVersion).map((args) => say.close(...args))],
    [
      2,
      fc
        .tuple(
          account,
          fc.record({
            name: fc.string({ maxLength: 8, unit: 'grapheme' }),
            metadata: metadataText,
            minBalance: limit,
            maxBalance: limit,
            expectedVersion,
          }),
        )
        .map(([id, over]) => say.update(id, over)),
    ],
    [1, fc.constant(say.openLedger('USD'))],
  ];
  return fc.oneof(...weighted.map(([weight, arbitrary]) => ({ weight, arbitrary })));
}

export interface RandomCommandsOptions {
  ledger?: string;
  /** Roughly the store's time, in microseconds: effectiveAt is drawn around it. */
  now: bigint;
  lengthMax?: number;
}

/** The commands every run begins with, so that random ones find something to work on. */
export function openingCommands(ledger: string): Submission[] {
  const start = [
    say.openLedger('USD', 'EUR'),
    say.addCurrency('POINTS', 0),
    say.open('alice', 'USD', { initialBalance: '1000' }),
    say.open('bob', 'USD', { minBalance: NO_LIMIT }),
    say.open('carol', 'EUR', { initialBalance: '50', ownerId: 'owner' }),
    say.open('tight', 'USD', { initialBalance: '10', minBalance: amountLimit('5'), maxBalance: amountLimit('12') }),
  ];
  return start.map((body, index) => submissionOf(commandOf(body, { ledger }), `start-${index}`));
}

/**
 * Sequences of submissions to drive a store with, cut into batches by whoever runs them (see `cut`): every command, repeated keys with the same and with
 * another body, dry runs, shared external ids, tight limits, stale versions, frozen and closed accounts, system accounts, currencies nobody knows.
 */
export function randomCommands({ ledger = 'test', now, lengthMax = 60 }: RandomCommandsOptions): fc.Arbitrary<Submission[]> {
  const one = fc.record({
    body: bodies(now),
    key: fc.integer({ min: 0, max: KEYS_MAX }),
    actor: often<string>(fc.constant('tester'), fc.constant('other')),
    dryRun: often(fc.constant(false), fc.constant(true), 15),
    repeats: often<boolean>(fc.constant(false), fc.constant(true), 6),
  });
  return fc.array(one, { maxLength: lengthMax, size: 'max' }).map((steps) => {
    const submissions: Submission[] = [];
    for (const { body, key, actor, dryRun, repeats } of steps) {
      const earlier = repeats ? submissions[key % Math.max(1, submissions.length)] : undefined;
      const command: Command = earlier?.command ?? commandOf(body, { ledger, dryRun });
      submissions.push(earlier === undefined ? submissionOf(command, `key-${key}`, actor) : { ...earlier });
    }
    return submissions;
  });
}

/** Cuts a sequence into batches of at most `size`. */
export function cut<T>(list: readonly T[], size: number): T[][] {
  const batches: T[][] = [];
  for (let at = 0; at < list.length; at += size) batches.push(list.slice(at, at + size));
  return batches;
}
