import { hash } from 'node:crypto';
import type { Command, Limit, Terms } from '@ledgerflow/contracts/grpc';
import type { LedgerLocation, LedgerStore } from '../application/store.ts';
import type { BatchOptions, Outcome } from '../domain/batch.ts';
import { BATCH_OPTIONS_DEFAULT, decideBatch } from '../domain/batch.ts';
import type { CommandBody } from '../domain/definition.ts';
import { API_ROUTE_CLASS, fingerprint, storedKey } from '../domain/fingerprint.ts';
import { needsOf } from '../domain/needs.ts';
import type { Submission } from '../domain/state.ts';

/** Short ways to say commands in tests. */
export const TEST_LEDGER = 'test';
const REQUEST_ID = '0190c1a0-0000-7000-8000-000000000001';

export function commandOf(body: CommandBody, over: Partial<Command> = {}): Command {
  const ids = { requestId: REQUEST_ID, correlationId: REQUEST_ID, causationId: REQUEST_ID };
  return { ledger: TEST_LEDGER, principal: 0, idempotencyKey: '', ...ids, dryRun: false, body, ...over };
}

export const amountLimit = (value: string): Limit => ({ value: { $case: 'amount', value } });
export const NO_LIMIT: Limit = { value: { $case: 'none', value: true } };

export const terms = (over: Partial<Terms>): Terms => over;

/** One short function a command; each gives a body. */
export const say = {
  openLedger: (...codes: string[]): CommandBody => ({ $case: 'openLedger', value: { currencies: codes.map((code) => ({ code })) } }),
  addCurrency: (code: string, scale?: number): CommandBody => ({ $case: 'addCurrency', value: { code, scale } }),
  open: (
    id: string | undefined,
    currency: string,
    over: Partial<Extract<CommandBody, { $case: 'openAccount' }>['value']> = {},
  ): CommandBody => ({
    $case: 'openAccount',
    value: { id, currency, minBalance: undefined, maxBalance: undefined, ...over },
  }),
  deposit: (account: string, amount: string, currency: string, withTerms?: Terms, expectedVersion?: bigint): CommandBody => ({
    $case: 'deposit',
    value: { account, amount, currency, terms: withTerms, expectedVersion },
  }),
  withdraw: (account: string, amount: string, currency: string, withTerms?: Terms, expectedVersion?: bigint): CommandBody => ({
    $case: 'withdraw',
    value: { account, amount, currency, terms: withTerms, expectedVersion },
  }),
  transfer: (
    from: string,
    to: string,
    amount: string,
    currency: string,
    withTerms?: Terms,
    versions: Record<string, bigint> = {},
  ): CommandBody => ({
    $case: 'transfer',
    value: {
      from,
      to,
      amount,
      currency,
      terms: withTerms,
      expectedVersions: Object.entries(versions).map(([account, version]) => ({ account, version })),
    },
  }),
  post: (postings: [from: string, to: string, amount: string, currency: string][], withTerms?: Terms): CommandBody => ({
    $case: 'postTransaction',
    value: {
      postings: postings.map(([from, to, amount, currency]) => ({ from, to, amount, currency })),
      terms: withTerms,
      expectedVersions: [],
    },
  }),
  batch: (...bodies: CommandBody[]): CommandBody => ({
    $case: 'postBatch',
    value: { transactions: bodies.flatMap((body) => (body.$case === 'postTransaction' ? [body.value] : [])) },
  }),
  freeze: (account: string, scope = 'all', expectedVersion?: bigint): CommandBody => ({
    $case: 'freezeAccount',
    value: { account, reason: 'asked', scope, expectedVersion },
  }),
  unfreeze: (account: string, expectedVersion?: bigint): CommandBody => ({
    $case: 'unfreezeAccount',
    value: { account, reason: 'over', expectedVersion },
  }),
  close: (account: string, expectedVersion?: bigint): CommandBody => ({
    $case: 'closeAccount',
    value: { account, reason: 'done', expectedVersion },
  }),
  update: (account: string, over: Partial<Extract<CommandBody, { $case: 'updateAccount' }>['value']>): CommandBody => ({
    $case: 'updateAccount',
    value: { account, minBalance: undefined, maxBalance: undefined, ...over },
  }),
};

/** What the application does before the domain is asked; salts are derived from the key here, so that two stores can be given the very same. */
export function submissionOf(command: Command, key: string, actor = 'tester'): Submission {
  const stored = storedKey(API_ROUTE_CLASS, actor, key);
  const count = command.body?.$case === 'postBatch' ? command.body.value.transactions.length : 1;
  const salts = Array.from({ length: count }, (_, index) => hash('sha256', `${stored}/${index}`, 'hex').slice(0, 32));
  return { command, actor, key: stored, fingerprint: fingerprint(command), salts };
}

let counter = 0;

/** A submission under a key of its own. */
export function submit(body: CommandBody, over: Partial<Command> = {}): Submission {
  counter += 1;
  return submissionOf(commandOf(body, over), `key-${counter}`);
}

/** One batch through a store. */
export async function execute(
  store: LedgerStore,
  location: LedgerLocation,
  submissions: readonly Submission[],
  options: BatchOptions = BATCH_OPTIONS_DEFAULT,
): Promise<Outcome[]> {
  return store
    .transact(location, needsOf(submissions), (view) => {
      const { writes, outcomes } = decideBatch(submissions, view, options);
      return { writes, result: outcomes };
    })
    .then((outcomes) => outcomes());
}

/** Code of a refusal, or the record's type: what most tests want to know. */
export function verdict(outcome: Outcome | undefined): string {
  if (outcome === undefined) return 'nothing';
  return outcome.kind === 'refusal' ? outcome.refusal.code : (JSON.parse(outcome.record) as { type: string }).type;
}
