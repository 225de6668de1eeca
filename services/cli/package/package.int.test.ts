/** The command as others get it: packed with its client, installed into an empty project, run on the machine's own Node.js. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { emptyProject, execute, oldestNode, packed } from '../../client/package/packing.ts';

let folder: string;

beforeAll(async () => {
  const client = await packed('client');
  folder = await emptyProject([client, await packed('cli')]);
}, 240_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

const ledgerflow = (...args: string[]): Promise<string> =>
  execute(oldestNode(), [join(folder, 'node_modules/.bin/ledgerflow'), ...args], folder);

it('runs from its tarball, which has nothing of the tests', async () => {
  for (const file of ['test', 'reference.js'])
    await expect(stat(join(folder, 'node_modules/@ledgerflow/cli/dist', file))).rejects.toThrow('ENOENT');
  expect(await ledgerflow('--version')).toBe('0.1.0\n');
  expect(await ledgerflow('transfer', '--help')).toContain('--idempotency-key');
  await expect(ledgerflow('ledger', 'list', '--url', 'http://127.0.0.1:1')).rejects.toThrow('ledgerflow login');
  await expect(ledgerflow('verify')).rejects.toThrow('needs a checkout');
});
