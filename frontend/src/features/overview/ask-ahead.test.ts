/** @jest-environment jsdom */
import { afterEach, expect, it, jest } from '@jest/globals';
import { type AnswerableId, type Ledger } from '@ledgerflow/client';
import { QueryClient } from '@tanstack/react-query';
import type { Me, Role } from '../../api/access.ts';
import { ledgerflow } from '../../api/client.ts';
import { askAhead } from './queries.ts';

afterEach(() => void jest.restoreAllMocks());

/** What is asked for when somebody comes to the Overview of a ledger. */
async function askedAs(role: Role, { ledgers = ['*'], currencies = ['USD'] } = {}): Promise<AnswerableId[]> {
  const asked: AnswerableId[] = [];
  const answers: Partial<Record<AnswerableId, unknown>> = {
    getMe: { id: 'x', roles: [role], ledgers, expiresAt: '2026-11-17T14:03:07.000000Z' } satisfies Partial<Me>,
    getLedger: { currencies: currencies.map((code) => ({ code, scale: 2 })) } satisfies Partial<Ledger>,
  };
  jest.spyOn(ledgerflow, 'answer').mockImplementation((operation) => {
    asked.push(operation);
    return Promise.resolve({ data: answers[operation] ?? { data: [] } } as never);
  });
  const client = new QueryClient();
  await askAhead(client, 'shop');
  client.clear();
  return asked.toSorted();
}

const EVERYBODY: AnswerableId[] = ['getLedger', 'getMe', 'getTrialBalance', 'listActivity', 'listActivity', 'listTransactions'];

it('asks for nothing that the gateway would refuse', async () => {
  expect(await askedAs('admin')).toEqual([...EVERYBODY, 'getHealth', 'getOutbox', 'listDeadLetters', 'listProjections'].toSorted());
  expect(await askedAs('viewer')).toEqual(EVERYBODY);
  expect(await askedAs('admin', { ledgers: ['other'] })).toEqual(['getMe']);
});

it('leaves the volume where it is not known which currency will be shown', async () => {
  expect(await askedAs('viewer', { currencies: ['USD', 'EUR'] })).toEqual(EVERYBODY.toSpliced(EVERYBODY.indexOf('listActivity'), 1));
});
