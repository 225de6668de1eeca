import { describe, expect, it } from '@jest/globals';
import { recordFromJson } from '@ledgerflow/contracts';
import { execute, say, submit } from './fixtures.ts';
import { makeMemoryStore } from './store.ts';
import { describeStoreContract } from './store.contract.ts';

describeStoreContract('memory', async () => makeMemoryStore());

describe('the memory store', () => {
  it('records nothing at or before a time that was resolved, though the clock steps back', async () => {
    let now = 1_000_000_000n;
    const { store, directory } = makeMemoryStore({ clock: () => now });
    const location = await directory.allocate('books');
    await execute(store, location, [submit(say.openLedger('USD'))]);
    now += 10_000n;
    const resolved = now - 1n;
    expect((await store.resolveTime(location, resolved))?.position).toBe(1n);
    now -= 9_000n;
    await execute(store, location, [submit(say.open('alice', 'USD'))]);
    const [text] = await store.readLog(location, 1n, null, 1, 1);
    expect(recordFromJson(text as string).recordedAt).toBe(resolved + 1n);
    expect((await store.resolveTime(location, resolved))?.position).toBe(1n);
  });
});
