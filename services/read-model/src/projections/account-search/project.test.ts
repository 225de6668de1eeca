import { describe, expect, it } from '@jest/globals';
import { TestLedger } from '../../testing/test-ledger.ts';
import { merge, METADATA_CHARACTERS_MAX, metadataText, project } from './project.ts';

const ledger = new TestLedger('books', 7);
const opened = ledger.open('a', {
  ownerId: 'ann',
  details: { name: 'Anna', metadata: { tier: 'gold', n: [1, { deep: true }], none: null } },
});
const other = ledger.open('b');
const renamed = ledger.setTerms('a', 'MetadataChanged', {}, { metadata: {} });
const erased = ledger.setTerms('a', 'MetadataChanged', {});
const frozen = ledger.setTerms('a', 'AccountFrozen', { status: 'frozen', freezeScope: 'all' }, { reason: 'asked by Bert' });

describe('account search', () => {
  it('an opening gives the texts of the account', () => {
    expect(project(opened)).toEqual([
      {
        account: 'a',
        accountNumber: 1,
        opening: { currency: 'USD', ownerId: 'ann' },
        status: 'open',
        name: 'Anna',
        metadata: 'gold 1 true',
      },
    ]);
    expect(project(other)).toMatchObject([{ name: undefined, metadata: undefined }]);
  });

  it('new metadata replaces the old, even by nothing; what was erased, and the reason of a freeze, change nothing', () => {
    expect(project(renamed)).toMatchObject([{ opening: null, name: undefined, metadata: '' }]);
    expect(project(erased)).toMatchObject([{ name: undefined, metadata: undefined }]);
    expect(project(frozen)).toMatchObject([{ status: 'frozen', name: undefined, metadata: undefined }]);
    const all = [opened, renamed, erased, frozen].map((record) => project(record)[0]!).reduce(merge);
    expect(all).toMatchObject({ opening: { ownerId: 'ann' }, name: 'Anna', metadata: '', status: 'frozen' });
  });

  it('money moves nothing here', () => expect(project(ledger.transfer('a', 'b', 1n))).toEqual([]));

  it('of long metadata the beginning is searched, never half a character', () => {
    expect(metadataText({ a: 'x'.repeat(5_000) })).toHaveLength(METADATA_CHARACTERS_MAX);
    expect(metadataText({ a: `${'x'.repeat(METADATA_CHARACTERS_MAX - 1)}😀` })).toHaveLength(METADATA_CHARACTERS_MAX - 1);
    expect(metadataText(Array.from({ length: 9_000 }, (_, i) => i)).length).toBe(METADATA_CHARACTERS_MAX);
  });
});
