import { describe, expect, it } from '@jest/globals';
import { recordToJson, type LedgerRecord } from '@ledgerflow/contracts';
import { forged, TestLedger } from '@ledgerflow/read-model/testing';
import { advanced, firstCheckpoint, type Checkpoint } from '../documents/checkpoint.ts';
import { sampleLedger } from '../testing/ledgers.ts';
import { admit, differenceOf, parseAll, type Parsed } from './admit.ts';

const ledger = sampleLedger('a', 1, 12);
const at = (position: number): Checkpoint => advanced(firstCheckpoint(ledger.records[0]!), ledger.records.slice(0, position));
const parsed = (records: LedgerRecord[]): Parsed =>
  parseAll(records.map((record) => ({ ledger: 'a', text: recordToJson(record) }))).get('a') ?? { records: [], poison: null };
const positions = (checkpoint: Checkpoint, records: LedgerRecord[]) => {
  const { records: admitted, ...rest } = admit(checkpoint, parsed(records));
  return { positions: admitted.map(({ record }) => Number(record.position)), ...rest };
};

describe('what is admitted behind a checkpoint', () => {
  it('is what follows, once, without a gap', () => {
    const whole = { duplicates: 0, hasGap: false, misfit: null };
    expect(positions(at(0), ledger.records.slice(0, 3))).toEqual({ ...whole, positions: [1, 2, 3] });
    expect(positions(at(5), ledger.records.slice(2, 7))).toEqual({ ...whole, positions: [6, 7], duplicates: 3 });
    expect(positions(at(5), [...ledger.records.slice(5, 7), ...ledger.records.slice(5, 8)])).toEqual({
      ...whole,
      positions: [6, 7, 8],
      duplicates: 2,
    });
    expect(positions(at(5), ledger.records.slice(6, 8))).toEqual({ ...whole, positions: [], hasGap: true });
    expect(positions(at(5), [ledger.records[5]!, ledger.records[7]!])).toEqual({ ...whole, positions: [6], hasGap: true });
  });

  it.each<[string, Partial<LedgerRecord>, RegExp]>([
    ['of another epoch', { epoch: 2 }, /epoch 2/],
    ['of an older epoch', { epoch: 0 }, /epoch 0/],
    ['behind another record', { previousHash: 'cd'.repeat(32) }, /does not follow/],
    ['of another ledger under the same name', { ledgerUuid: '00000000-0000-4000-8000-000000000000' }, /uuid/],
    ['of another number', { ledgerNumber: 9 }, /number 9/],
  ])('is nothing %s', (_, over, reason) => {
    const { misfit, positions: admitted } = positions(at(5), [ledger.records[5]!, forged(ledger.records[6]!, over)]);
    expect(admitted).toEqual([6]);
    expect(misfit).toMatch(reason);
  });

  it('is nothing after the record at the checkpoint turns out to be another one', () => {
    expect(positions(at(5), [forged(ledger.records[4]!, { actor: 'mallory' }), ledger.records[5]!])).toMatchObject({
      positions: [],
      misfit: expect.stringContaining('another hash'),
    });
  });

  it('ends at poison', () => {
    const texts = ledger.records.slice(0, 4).map(recordToJson);
    for (const [poison, reason] of [
      [texts[2]!.replace('tester', 'mallory'), 'does not have the hash'],
      ['{"schema":99}', 'schema 99'],
      [recordToJson(new TestLedger('b', 2).records[0]!), 'of ledger b came as one of a'],
    ]) {
      const came = parseAll([texts[0]!, texts[1]!, poison!, texts[3]!].map((text) => ({ ledger: 'a', text }))).get('a')!;
      const admission = admit(at(0), came);
      expect(admission.records).toHaveLength(2);
      expect(admission.misfit).toContain(reason);
    }
  });
});

describe('a head', () => {
  const last = ledger.records.at(-1)!;
  const head = { number: 1, uuid: ledger.uuid, epoch: 1, position: last.position, recordHash: Buffer.from(last.hash, 'hex') };
  it.each<[string, object, RegExp | null]>([
    ['the same', {}, null],
    ['further', { position: 1000n, recordHash: Buffer.alloc(32) }, null],
    ['of another epoch', { epoch: 2 }, /epoch 2/],
    ['before the checkpoint', { position: 3n }, /ends at 3/],
    ['with another record', { recordHash: Buffer.alloc(32) }, /not the one/],
    ['of another ledger', { uuid: 'x' }, /another one/],
  ])('that is %s', (_, over, reason) => {
    const difference = differenceOf({ ...head, ...over }, at(ledger.records.length));
    if (reason === null) expect(difference).toBeNull();
    else expect(difference).toMatch(reason);
  });
});
