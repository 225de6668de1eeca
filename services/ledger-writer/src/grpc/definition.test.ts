import { describe, expect, it } from '@jest/globals';
import { RecordBatch } from '@ledgerflow/contracts/grpc';
import fc from 'fast-check';
import { serializeRecordBatch } from './definition.ts';

const text = fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ minLength: 120, maxLength: 140 }), fc.constant('ü'.repeat(9_000)));

describe('serializeRecordBatch', () => {
  it('writes what the generated code writes', () => {
    fc.assert(
      fc.property(
        text,
        fc.array(text, { maxLength: 20 }),
        fc.oneof(fc.constant(0n), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
        (ledger, records, headPosition) => {
          const batch = { ledger, records, headPosition };
          expect(serializeRecordBatch(batch).equals(RecordBatch.encode(batch).finish())).toBe(true);
        },
      ),
      { verbose: 1 },
    );
  });
});
