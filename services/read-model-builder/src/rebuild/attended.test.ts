import { randomUUID } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { silentLogger } from '@ledgerflow/platform/log';
import { AttendedRebuild, type Resources } from './attended.ts';

it('asks for no rebuild when it is stopped before it has', async () => {
  const asked: string[] = [];
  const pool = {
    connect: () => Promise.reject(new Error('a rebuild is asked for')),
    query: async (text: string) => {
      asked.push(text);
      return { rows: [] };
    },
  };
  const options = {
    id: randomUUID(),
    projection: null,
    ledger: null,
    account: null,
    maxRate: null,
    epoch: null,
    isProveOnly: false,
    isIdAlone: false,
    isByIdOnly: true,
    isJson: true,
  };
  const rebuild = new AttendedRebuild(options, { pool } as unknown as Resources, silentLogger, () => undefined, AbortSignal.abort());
  expect(await rebuild.run()).toBe('stopped');
  expect(asked.every((text) => text.startsWith('select'))).toBe(true);
});
