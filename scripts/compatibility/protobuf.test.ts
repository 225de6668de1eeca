import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { breakingProtobuf } from './protobuf.ts';

const PROTO = join(import.meta.dirname, '../../services/contracts/proto');
const LEDGER = 'ledgerflow/ledger/v1/ledger.proto';

describe('the comparison of two protobuf contracts', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ledgerflow-proto-'));
    cpSync(PROTO, folder, { recursive: true });
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const change = (from: string, to: string): string[] => {
    const text = readFileSync(join(folder, LEDGER), 'utf8');
    expect(text).toContain(from);
    writeFileSync(join(folder, LEDGER), text.replace(from, to));
    return breakingProtobuf(PROTO, folder);
  };

  it('takes a new field', () => expect(change('uint32 principal = 2;', 'uint32 principal = 2;\n  string note = 99;')).toEqual([]));
  it('finds a field with another number', () =>
    expect(change('uint32 principal = 2;', 'uint32 principal = 22;')).toEqual([
      expect.stringContaining('field "2" with name "principal"'),
    ]));
});
