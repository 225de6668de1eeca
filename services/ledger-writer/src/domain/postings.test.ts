import { describe, it } from '@jest/globals';
import type { PostTransaction } from '@ledgerflow/contracts/grpc';
import { amountLimit, NO_LIMIT, say, terms } from '../memory/fixtures.ts';
import type { Row } from '../memory/table.fixture.ts';
import { BOB, checkRow, OPEN, ROW_NOW as NOW, START } from '../memory/table.fixture.ts';
import { daysToMicros, EFFECTIVE_AHEAD_MAX_MICROS, EFFECTIVE_WINDOW_DEFAULT_DAYS } from './bounds.ts';
import type { CommandBody } from './definition.ts';

const WINDOW = daysToMicros(EFFECTIVE_WINDOW_DEFAULT_DAYS);
const NINES_36 = '9'.repeat(36);

const postings = (...list: Parameters<typeof say.post>[0]): CommandBody => say.post(list);
const withVersions = (body: CommandBody, versions: Record<string, bigint>): CommandBody => {
  const value = {
    ...(body.value as PostTransaction),
    expectedVersions: Object.entries(versions).map(([account, version]) => ({ account, version })),
  };
  return { $case: 'postTransaction', value };
};

const MONEY_ROWS: Row[] = [
  ['deposits', START, say.deposit('bob', '0.01', 'USD', undefined, 1n), 'FundsDeposited'],
  ['withdraws all there is', START, say.withdraw('alice', '100.00', 'USD'), 'FundsWithdrawn'],
  [
    'withdraws where nothing limits',
    [OPEN, say.open('x', 'USD', { minBalance: NO_LIMIT })],
    say.withdraw('x', '5', 'USD'),
    'FundsWithdrawn',
  ],
  ['transfers', START, say.transfer('alice', 'bob', '10', 'USD', undefined, { alice: 2n, bob: 1n }), 'FundsTransferred'],
  ['refuses a deposit to the world', START, say.deposit('@world:USD', '1', 'USD'), 'system_account'],
  ['refuses a withdrawal from the world', START, say.withdraw('@world:USD', '1', 'USD'), 'system_account'],
  [
    'refuses a transfer from the world',
    START,
    say.transfer('@world:USD', 'bob', '1', 'USD'),
    ['system_account', { account: '@world:USD' }],
  ],
  ['refuses a transfer to itself', START, say.transfer('bob', 'bob', '1', 'USD'), ['same_account', { account: 'bob' }]],
  ['refuses an unknown source', START, say.transfer('nobody', 'bob', '1', 'USD'), ['account_not_found', { account: 'nobody' }]],
  ['refuses an unknown target', START, say.transfer('alice', 'Bob', '1', 'USD'), ['account_not_found', { account: 'Bob' }]],
  ['refuses a deposit to nobody', START, say.deposit('nobody', '1', 'USD'), 'account_not_found'],
  [
    'refuses another version',
    START,
    say.transfer('alice', 'bob', '1', 'USD', undefined, { bob: 2n }),
    ['version_mismatch', { account: 'bob', expected: '2', actual: '1' }],
  ],
  ['refuses a version of nobody', START, say.transfer('alice', 'bob', '1', 'USD', undefined, { nobody: 2n }), 'account_not_found'],
  ['refuses a closed account', [...START, say.close('bob')], say.deposit('bob', '1', 'USD'), ['account_closed', { account: 'bob' }]],
  [
    'refuses credits to a frozen account',
    [...START, say.freeze('alice')],
    say.deposit('alice', '1', 'USD'),
    ['account_frozen', { account: 'alice', scope: 'all' }],
  ],
  ['refuses debits of a frozen account', [...START, say.freeze('alice')], say.withdraw('alice', '1', 'USD'), 'account_frozen'],
  ['takes credits when debits are frozen', [...START, say.freeze('alice', 'debits')], say.deposit('alice', '1', 'USD'), 'FundsDeposited'],
  [
    'refuses debits when debits are frozen',
    [...START, say.freeze('alice', 'debits')],
    say.withdraw('alice', '1', 'USD'),
    ['account_frozen', { account: 'alice', scope: 'debits' }],
  ],
  [
    'takes debits after unfreezing',
    [...START, say.freeze('alice'), say.unfreeze('alice')],
    say.withdraw('alice', '1', 'USD'),
    'FundsWithdrawn',
  ],
  ['refuses a currency nobody knows', START, say.deposit('alice', '1', 'NOPE'), ['unknown_currency', { currency: 'NOPE' }]],
  [
    'refuses a currency of another account',
    START,
    say.deposit('alice', '1', 'EUR'),
    ['currency_mismatch', { account: 'alice', currency: 'EUR', accountCurrency: 'USD' }],
  ],
  ['refuses a transfer across currencies', START, say.transfer('alice', 'carol', '1', 'USD'), 'currency_mismatch'],
  ['refuses a currency the ledger does not have', START, say.deposit('alice', '1', 'CHF'), 'currency_mismatch'],
  [
    'refuses decimals the currency does not have',
    START,
    say.deposit('alice', '0.001', 'USD'),
    ['amount_too_precise', { amount: '0.001', currency: 'USD', scale: '2' }],
  ],
  ['takes zeros the currency does not have', START, say.deposit('alice', '0.1000', 'USD'), 'FundsDeposited'],
  ['takes an effectiveAt at the window', START, say.deposit('alice', '1', 'USD', terms({ effectiveAt: NOW - WINDOW })), 'FundsDeposited'],
  [
    'refuses one before the window',
    START,
    say.deposit('alice', '1', 'USD', terms({ effectiveAt: NOW - WINDOW - 1n })),
    'effective_at_out_of_range',
  ],
  [
    'takes an effectiveAt five minutes ahead',
    START,
    say.deposit('alice', '1', 'USD', terms({ effectiveAt: NOW + EFFECTIVE_AHEAD_MAX_MICROS })),
    'FundsDeposited',
  ],
  [
    'refuses one further ahead',
    START,
    say.deposit('alice', '1', 'USD', terms({ effectiveAt: NOW + EFFECTIVE_AHEAD_MAX_MICROS + 1n })),
    'effective_at_out_of_range',
  ],
  [
    'refuses an externalId that was used',
    [...START, say.deposit('alice', '1', 'USD', terms({ externalId: 'o' }))],
    say.withdraw('alice', '1', 'USD', terms({ externalId: 'o' })),
    ['external_id_exists', { externalId: 'o', transactionId: '5' }],
  ],
  [
    'refuses more than there is',
    START,
    say.withdraw('alice', '100.01', 'USD'),
    ['insufficient_funds', { account: 'alice', available: '100.00', amount: '100.01', minBalance: '0.00' }],
  ],
  [
    'refuses what would break the maximum',
    [OPEN, say.open('x', 'USD', { maxBalance: amountLimit('5') })],
    say.deposit('x', '5.01', 'USD'),
    ['limit_exceeded', { account: 'x', balance: '0.00', amount: '5.01', maxBalance: '5.00' }],
  ],
  ['takes a balance of 38 digits', [OPEN, BOB], say.deposit('bob', `${NINES_36}.99`, 'USD'), 'FundsDeposited'],
  ['refuses an amount of 40 digits', START, say.deposit('bob', '9'.repeat(38), 'USD'), 'balance_out_of_range'],
  [
    'refuses a balance of 39 digits',
    [OPEN, BOB, say.deposit('bob', `${NINES_36}`, 'USD')],
    say.deposit('bob', '1', 'USD'),
    'balance_out_of_range',
  ],
  ['reports one account twice before system accounts', START, say.transfer('@world:USD', '@world:USD', '1', 'USD'), 'same_account'],
  ['reports unknown before closed', [...START, say.close('bob')], say.transfer('bob', 'nobody', '1', 'USD'), 'account_not_found'],
  [
    'reports another version before closed',
    [...START, say.close('bob')],
    say.deposit('bob', '1', 'USD', undefined, 9n),
    'version_mismatch',
  ],
  ['reports frozen before the currency', [...START, say.freeze('alice')], say.deposit('alice', '1', 'EUR'), 'account_frozen'],
  ['reports the currency before precision', START, say.deposit('alice', '0.001', 'EUR'), 'currency_mismatch'],
  ['reports precision before effectiveAt', START, say.deposit('alice', '0.001', 'USD', terms({ effectiveAt: 0n })), 'amount_too_precise'],
  [
    'reports effectiveAt before externalId',
    [...START, say.deposit('alice', '1', 'USD', terms({ externalId: 'o' }))],
    say.deposit('alice', '1', 'USD', terms({ effectiveAt: 0n, externalId: 'o' })),
    'effective_at_out_of_range',
  ],
  [
    'reports externalId before funds',
    [...START, say.deposit('alice', '1', 'USD', terms({ externalId: 'o' }))],
    say.withdraw('alice', '1000', 'USD', terms({ externalId: 'o' })),
    'external_id_exists',
  ],
  [
    'refuses a credit to 39 digits from an account that may go below zero',
    [OPEN, BOB, say.open('debtor', 'USD', { minBalance: NO_LIMIT }), say.deposit('bob', `${NINES_36}.99`, 'USD')],
    say.transfer('debtor', 'bob', '0.01', 'USD'),
    ['balance_out_of_range', { account: 'bob', currency: 'USD' }],
  ],
  ['reports system accounts before unknown ones', START, say.transfer('nobody', '@world:USD', '1', 'USD'), 'system_account'],
  [
    'reports closed before frozen',
    [...START, say.freeze('alice'), say.close('bob')],
    say.transfer('alice', 'bob', '1', 'USD'),
    'account_closed',
  ],
  ['reports precision before funds', START, say.withdraw('alice', '1000.001', 'USD'), 'amount_too_precise'],
];

const MULTI_ROWS: Row[] = [
  [
    'posts many legs of two currencies',
    [...START, say.open('dave', 'EUR')],
    postings(['alice', 'bob', '1', 'USD'], ['carol', 'dave', '2', 'EUR']),
    'TransactionPosted',
  ],
  ['decides on the net effect', START, postings(['bob', 'alice', '50', 'USD'], ['alice', 'bob', '50', 'USD']), 'TransactionPosted'],
  [
    'refuses on the net effect',
    START,
    postings(['bob', 'alice', '50', 'USD'], ['alice', 'bob', '49', 'USD']),
    ['insufficient_funds', { account: 'bob', available: '0.00', amount: '1.00', minBalance: '0.00' }],
  ],
  [
    'refuses 101 postings',
    START,
    say.post(Array.from({ length: 101 }, () => ['alice', 'bob', '0.01', 'USD'])),
    ['record_too_large', { postings: '101', max: '100' }],
  ],
  ['takes 100 postings', START, say.post(Array.from({ length: 100 }, () => ['alice', 'bob', '0.01', 'USD'])), 'TransactionPosted'],
  ['posts a batch', START, say.batch(postings(['alice', 'bob', '100', 'USD']), postings(['bob', 'alice', '100', 'USD'])), 'BatchPosted'],
  [
    'refuses a batch by its first refusal',
    START,
    say.batch(postings(['alice', 'bob', '100', 'USD']), postings(['alice', 'bob', '1', 'USD'])),
    ['insufficient_funds', { account: 'alice', available: '0.00', amount: '1.00', minBalance: '0.00', index: '1' }],
  ],
  [
    'refuses one externalId twice in a batch',
    START,
    say.batch(
      say.post([['alice', 'bob', '1', 'USD']], terms({ externalId: 'o' })),
      say.post([['alice', 'bob', '1', 'USD']], terms({ externalId: 'o' })),
    ),
    ['external_id_exists', { externalId: 'o', index: '1' }],
  ],
  [
    'asks for versions between the transactions of a batch',
    START,
    say.batch(postings(['alice', 'bob', '1', 'USD']), withVersions(postings(['alice', 'bob', '1', 'USD']), { alice: 3n })),
    'BatchPosted',
  ],
  [
    'refuses 1,001 transactions',
    START,
    say.batch(...Array.from({ length: 1001 }, () => postings(['alice', 'bob', '0.01', 'USD']))),
    ['record_too_large', { transactions: '1001', max: '1000' }],
  ],
  [
    'takes 1,000 transactions',
    START,
    say.batch(...Array.from({ length: 1000 }, () => postings(['alice', 'bob', '0.01', 'USD']))),
    'BatchPosted',
  ],
];

describe('money', () => {
  it.each(MONEY_ROWS)('%s', checkRow);
});
describe('transactions of many postings, and batches', () => {
  it.each(MULTI_ROWS)('%s', checkRow);
});
