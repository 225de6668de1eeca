import { beforeEach, describe, expect, it } from '@jest/globals';
import { WriterEpochs } from './writer-epochs.ts';

let now: number;
let epochs: WriterEpochs;

beforeEach(() => {
  now = 5_000;
  epochs = new WriterEpochs(() => now);
});

describe('the epochs that writers named', () => {
  it('are known for less than a second from when the writer was asked, not from when it answered', () => {
    expect(epochs.of('main')).toBeNull();
    epochs.told('main', 3, now - 400);
    expect(epochs.of('main')).toBe(3);
    expect(epochs.of('other')).toBeNull();
    now += 99;
    expect(epochs.of('main')).toBe(3);
    // Half a second old: one asks again, the others need not.
    now += 1;
    expect([epochs.of('main'), epochs.of('main'), epochs.of('main')]).toEqual([null, 3, 3]);
    now += 499;
    expect(epochs.of('main')).toBe(3);
    now += 1;
    expect(epochs.of('main')).toBeNull();
  });

  it('are the last that were told, and are asked for again once for each answer', () => {
    epochs.told('main', 3, now);
    now += 600;
    expect([epochs.of('main'), epochs.of('main')]).toEqual([null, 3]);
    epochs.told('main', 4, now);
    expect(epochs.of('main')).toBe(4);
    now += 600;
    expect([epochs.of('main'), epochs.of('main')]).toEqual([null, 4]);
  });

  it('of so many ledgers are kept and no more; those told longest ago are forgotten first', () => {
    for (let ledger = 0; ledger < 50_000; ledger++) epochs.told(`${ledger}`, 1, now);
    epochs.told('0', 2, now);
    epochs.told('one more', 1, now);
    expect([epochs.of('0'), epochs.of('1'), epochs.of('2'), epochs.of('one more')]).toEqual([2, null, 1, 1]);
  });
});
