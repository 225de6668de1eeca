import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { alone, cacheRoot } from './cache.ts';

const WAIT_MAX_MS = 60_000;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cache-test-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Resolved from outside. */
function gate(): { opened: Promise<void>; open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

describe('the cache folder of the control plane', () => {
  it('is outside the checkout, where LEDGERFLOW_CACHE or XDG say', () => {
    expect(cacheRoot({ LEDGERFLOW_CACHE: '/own', XDG_CACHE_HOME: '/xdg' })).toBe('/own');
    expect(cacheRoot({ LEDGERFLOW_CACHE: '', XDG_CACHE_HOME: '/xdg' })).toBe('/xdg/ledgerflow');
    expect(cacheRoot({})).toMatch(/\/\.cache\/ledgerflow$/);
  });

  it('lets one work while the others wait, and says so once', async () => {
    const order: string[] = [];
    const first = gate();
    const working = gate();
    const waiting = gate();
    const one = alone(folder, WAIT_MAX_MS, async () => {
      order.push('first begins');
      working.open();
      await first.opened;
      order.push('first ends');
    });
    await working.opened;
    const other = alone(
      folder,
      WAIT_MAX_MS,
      async () => void order.push('second'),
      () => {
        order.push('waiting');
        waiting.open();
      },
    );
    await waiting.opened;
    first.open();
    await Promise.all([one, other]);
    expect(order).toEqual(['first begins', 'waiting', 'first ends', 'second']);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('lets go when the work fails', async () => {
    await expect(alone(folder, WAIT_MAX_MS, async () => Promise.reject(new Error('no room')))).rejects.toThrow('no room');
    await expect(alone(folder, WAIT_MAX_MS, async () => 'done')).resolves.toBe('done');
  });

  it('takes over from a process that is gone', async () => {
    const gone = spawnSync(process.execPath, ['--version']).pid;
    writeFileSync(join(folder, 'lock'), String(gone));
    await expect(alone(folder, WAIT_MAX_MS, async () => 'done')).resolves.toBe('done');
  });

  it('takes over what nobody renews', async () => {
    writeFileSync(join(folder, 'lock'), String(process.pid));
    utimesSync(join(folder, 'lock'), new Date(0), new Date(0));
    await expect(alone(folder, WAIT_MAX_MS, async () => 'done')).resolves.toBe('done');
  });

  it('gives up in the end', async () => {
    writeFileSync(join(folder, 'lock'), String(process.pid));
    await expect(alone(folder, 0, async () => 'done')).rejects.toThrow(/lock was held for longer than 0 ms/);
  });
});
