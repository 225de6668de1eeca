import { expect, it } from '@jest/globals';
import { emptyDraft, KINDS } from './draft.ts';
import { MOVEMENT } from './intent.fixture.ts';
import { newIntent } from './slice.ts';
import { readIntent } from './stored.ts';

const leg = { from: 'alice', to: 'bob', amount: '1.00', currency: 'USD' };
const COMMANDS = [
  { operation: 'createTransfer', request: { ledger: 'shop', body: leg } },
  { operation: 'createDeposit', request: { ledger: 'shop', account: 'bob', body: { amount: '1.00', currency: 'USD' } } },
  { operation: 'createWithdrawal', request: { ledger: 'shop', account: 'bob', body: { amount: '1.00', currency: 'USD' } } },
  { operation: 'createTransaction', request: { ledger: 'shop', body: { postings: [leg, leg] } } },
] as const;
const intent = { ...newIntent(emptyDraft('transfer')), phase: 'unknown', command: COMMANDS[0], preview: MOVEMENT, isDoubtful: true };

it('reads every kind of command, and what an earlier version of the page kept', () => {
  for (const kind of KINDS) expect(readIntent(newIntent(emptyDraft(kind)))).not.toBeNull();
  for (const command of COMMANDS) expect(readIntent({ ...intent, command })).toEqual({ ...intent, command });
  const { refusal: _refusal, previewedAtMs: _previewedAtMs, ...earlier } = intent;
  expect(readIntent(earlier)).toEqual(intent);
});

it.each<[string, unknown]>([
  ['nothing', null],
  ['a list', []],
  ['no key', { ...intent, key: 7 }],
  ['a phase that there is not', { ...intent, phase: 'gone' }],
  ['no command where one was sent', { ...intent, command: null }],
  ['a command of another kind', { ...intent, command: { ...COMMANDS[0], operation: 'closeAccount' } }],
  ['a command without its amount', { ...intent, command: { ...COMMANDS[0], request: { ledger: 'shop', body: { ...leg, amount: 1 } } } }],
  ['no legs', { ...intent, draft: { ...intent.draft, legs: [] } }],
  ['a leg without its accounts', { ...intent, draft: { ...intent.draft, legs: [{ amount: '1' }] } }],
  ['a result that is none', { ...intent, phase: 'done', outcome: { movement: {}, isReplayed: false } }],
  ['done without a result', { ...intent, phase: 'done' }],
])('does not take for an intent: %s', (_, value) => expect(readIntent(value)).toBeNull());
