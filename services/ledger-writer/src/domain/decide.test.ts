import { describe, expect, it } from '@jest/globals';
import { recordFromJson } from '@ledgerflow/contracts';
import { amountLimit, NO_LIMIT, say, terms } from '../memory/fixtures.ts';
import type { Row } from '../memory/table.fixture.ts';
import { ALICE, BOB, checkRow, OPEN, ROW_NOW, run, START } from '../memory/table.fixture.ts';
import type { Outcome } from './batch.ts';
import type { CommandBody } from './definition.ts';

const LEDGER_ROWS: Row[] = [
  ['opens a ledger', [], OPEN, 'LedgerOpened'],
  ['opens a ledger without currencies', [], say.openLedger(), 'LedgerOpened'],
  ['refuses an open ledger', [OPEN], OPEN, ['ledger_exists', { ledger: 'test' }]],
  ['refuses a first currency nobody knows', [], say.openLedger('NOPE'), ['unknown_currency', { currency: 'NOPE' }]],
  ['refuses one currency twice', [], say.openLedger('USD', 'USD'), ['currency_exists', { currency: 'USD' }]],
  ['refuses anything before the ledger is open', [], ALICE, ['ledger_not_found', { ledger: 'test' }]],
  ['adds a custom asset', [OPEN], say.addCurrency('POINTS', 0), 'CurrencyAdded'],
  ['adds an ISO currency', [OPEN], say.addCurrency('JPY'), 'CurrencyAdded'],
  ['adds an ISO currency with its own scale', [OPEN], say.addCurrency('JPY', 0), 'CurrencyAdded'],
  [
    'refuses an ISO currency with another scale',
    [OPEN],
    say.addCurrency('JPY', 2),
    ['unknown_currency', { currency: 'JPY', scale: '2', isoScale: '0' }],
  ],
  ['refuses a custom asset without a scale', [OPEN], say.addCurrency('POINTS'), 'unknown_currency'],
  ['refuses a scale above the maximum', [OPEN], say.addCurrency('POINTS', 19), 'unknown_currency'],
  ['refuses a currency the ledger has', [OPEN], say.addCurrency('USD'), ['currency_exists', { currency: 'USD' }]],
];

const ACCOUNT_ROWS: Row[] = [
  ['opens an account', [OPEN], ALICE, 'AccountOpened'],
  ['opens one with a currency new to the ledger', [OPEN], say.open('yen', 'JPY', { initialBalance: '5' }), 'AccountOpened'],
  ['refuses a currency nobody knows', [OPEN], say.open('x', 'NOPE'), ['unknown_currency', { currency: 'NOPE' }]],
  ['refuses an account that exists', [OPEN, ALICE], ALICE, ['account_exists', { account: 'alice' }]],
  ['refuses a system account', [OPEN], say.open('@mine', 'USD'), ['system_account', { account: '@mine' }]],
  [
    'refuses limits that cross',
    [OPEN],
    say.open('x', 'USD', { minBalance: amountLimit('5'), maxBalance: amountLimit('4') }),
    'invalid_limits',
  ],
  [
    'refuses an initial balance above the maximum',
    [OPEN],
    say.open('x', 'USD', { initialBalance: '5', maxBalance: amountLimit('4') }),
    'invalid_limits',
  ],
  ['refuses an initial balance below the minimum', [OPEN], say.open('x', 'USD', { minBalance: amountLimit('1') }), 'invalid_limits'],
  ['refuses an initial balance with too many decimals', [OPEN], say.open('x', 'USD', { initialBalance: '0.001' }), 'amount_too_precise'],
  ['refuses a limit with too many decimals', [OPEN], say.open('x', 'USD', { maxBalance: amountLimit('0.001') }), 'amount_too_precise'],
  ['refuses a limit of 40 digits', [OPEN], say.open('x', 'USD', { maxBalance: amountLimit('9'.repeat(38)) }), 'balance_out_of_range'],
  ['freezes', START, say.freeze('alice'), 'AccountFrozen'],
  [
    'refuses to freeze a frozen one',
    [...START, say.freeze('alice')],
    say.freeze('alice', 'debits'),
    ['account_frozen', { account: 'alice', scope: 'all' }],
  ],
  ['refuses to freeze a closed one', [...START, say.close('bob')], say.freeze('bob'), 'account_closed'],
  ['refuses to freeze an unknown one', START, say.freeze('nobody'), ['account_not_found', { account: 'nobody' }]],
  ['refuses to freeze the world', START, say.freeze('@world:USD'), 'system_account'],
  [
    'refuses to freeze another version',
    START,
    say.freeze('alice', 'all', 9n),
    ['version_mismatch', { account: 'alice', expected: '9', actual: '2' }],
  ],
  ['unfreezes', [...START, say.freeze('alice')], say.unfreeze('alice', 3n), 'AccountUnfrozen'],
  ['refuses to unfreeze an open one', START, say.unfreeze('alice'), ['account_not_frozen', { account: 'alice' }]],
  ['closes', START, say.close('bob'), 'AccountClosed'],
  ['closes a frozen one', [...START, say.freeze('bob')], say.close('bob'), 'AccountClosed'],
  ['refuses to close twice', [...START, say.close('bob')], say.close('bob'), 'account_closed'],
  [
    'refuses to close with money on it',
    START,
    say.close('alice'),
    ['account_not_empty', { account: 'alice', balance: '100.00', held: '0.00' }],
  ],
  ['refuses to close the world', START, say.close('@world:USD'), 'system_account'],
  ['changes limits', START, say.update('alice', { minBalance: NO_LIMIT, maxBalance: amountLimit('100') }), 'AccountUpdated'],
  ['changes the name of a frozen one', [...START, say.freeze('alice')], say.update('alice', { name: 'A' }), 'AccountUpdated'],
  ['refuses a minimum above the balance', START, say.update('alice', { minBalance: amountLimit('100.01') }), 'invalid_limits'],
  ['refuses a maximum below the balance', START, say.update('alice', { maxBalance: amountLimit('99.99') }), 'invalid_limits'],
  ['refuses a maximum below the minimum it keeps', START, say.update('bob', { maxBalance: amountLimit('-1') }), 'invalid_limits'],
  ['refuses a limit with too many decimals', START, say.update('bob', { maxBalance: amountLimit('1.001') }), 'amount_too_precise'],
  ['refuses to change a closed one', [...START, say.close('bob')], say.update('bob', { name: 'B' }), 'account_closed'],
  ['refuses to change the world', START, say.update('@world:USD', { name: 'W' }), 'system_account'],
  ['refuses to change another version', START, say.update('alice', { name: 'A', expectedVersion: 1n }), 'version_mismatch'],
];

describe('ledgers and currencies', () => {
  it.each(LEDGER_ROWS)('%s', checkRow);
});
describe('accounts', () => {
  it.each(ACCOUNT_ROWS)('%s', checkRow);
});

describe('what the record says', () => {
  const eventsOf = (outcome: Outcome): string[] =>
    recordFromJson(outcome.kind === 'record' ? outcome.record : '').events.map((event) => {
      if (event.type === 'EntryPosted') return `${event.account} v${event.version} ${event.amount} → ${event.postedAfter}`;
      return event.type === 'CurrencyAdded'
        ? `${event.type} ${event.data.code}`
        : event.type === 'LedgerOpened'
          ? event.type
          : `${event.type} ${event.account} #${event.accountNumber} v${event.version}`;
    });

  it.each<[string, CommandBody[], string[]]>([
    [
      'a first account of a new currency',
      [say.openLedger(), say.open('yen', 'JPY', { initialBalance: '5' })],
      ['CurrencyAdded JPY', 'AccountOpened yen #1 v1', 'AccountOpened @world:JPY #2 v1', '@world:JPY v2 -5 → -5', 'yen v2 5 → 5'],
    ],
    [
      'a first deposit',
      [OPEN, BOB, say.deposit('bob', '1.5', 'USD')],
      ['AccountOpened @world:USD #2 v1', '@world:USD v2 -150 → -150', 'bob v2 150 → 150'],
    ],
    ['a withdrawal', [...START, say.withdraw('alice', '1', 'USD')], ['alice v3 -100 → 9900', '@world:USD v3 100 → -9900']],
    ['a transfer', [...START, say.transfer('alice', 'bob', '1', 'USD')], ['alice v3 -100 → 9900', 'bob v2 100 → 100']],
    [
      'limits and name',
      [...START, say.update('alice', { name: 'A', maxBalance: NO_LIMIT })],
      ['LimitsChanged alice #1 v3', 'MetadataChanged alice #1 v4'],
    ],
  ])('%s', async (_, bodies, events) => {
    expect(eventsOf(await run(bodies))).toEqual(events);
  });

  it('names an account without an id after its key', async () => {
    const outcome = await run([OPEN, say.open(undefined, 'USD')]);
    const record = recordFromJson(outcome.kind === 'record' ? outcome.record : '');
    expect(record.events[0]).toMatchObject({ account: `a-${record.key}` });
  });

  it('keeps effectiveAt of each transaction, and of the record', async () => {
    const at = ROW_NOW - 1_000_000n;
    const single = await run([...START, say.deposit('alice', '1', 'USD', terms({ effectiveAt: at }))]);
    expect(recordFromJson(single.kind === 'record' ? single.record : '')).toMatchObject({
      effectiveAt: at,
      transactions: [{ id: '5', effectiveAt: at }],
    });
    const batch = await run([
      ...START,
      say.batch(say.post([['alice', 'bob', '1', 'USD']], terms({ effectiveAt: at })), say.post([['alice', 'bob', '1', 'USD']])),
    ]);
    const record = recordFromJson(batch.kind === 'record' ? batch.record : '');
    expect(record.effectiveAt).toBe(record.recordedAt);
    expect(record.transactions.map((transaction) => [transaction.id, transaction.effectiveAt])).toEqual([
      ['5-0', at],
      ['5-1', record.recordedAt],
    ]);
  });

  it('lists the scales of its currencies in one order', async () => {
    const outcome = await run([
      ...START,
      say.open('dave', 'EUR'),
      say.post([
        ['alice', 'bob', '1', 'USD'],
        ['carol', 'dave', '1', 'EUR'],
      ]),
    ]);
    expect(outcome.kind === 'record' && outcome.record).toContain('"scales":{"EUR":2,"USD":2}');
  });
});
