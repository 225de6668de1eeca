import { expect, it } from '@jest/globals';
import type { Services } from '../../services.ts';
import { Problem } from '../../http/problem.ts';
import { createTransactionBatch } from './batch.ts';

it('answers a batch of which nothing was decided with the problem that leaves most open', async () => {
  const codes = ['overloaded', 'unavailable', 'overloaded'] as const;
  const problems = codes.map((code) => new Problem(code));
  const commands = { run: () => Promise.reject(problems.shift() as Problem) };
  const posting = { postings: [{ from: 'a', to: 'b', amount: '1', currency: 'USD' }] };
  const call = {
    body: { atomic: false, transactions: codes.map(() => posting) },
    bodyBytes: 300,
    params: { ledger: 'l' },
    idempotencyKey: 'k',
  };
  await expect(createTransactionBatch.handle(call as never, { commands } as unknown as Services)).rejects.toMatchObject({
    code: 'unavailable',
  });
});
