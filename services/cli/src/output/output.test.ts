import { describe, expect, it } from '@jest/globals';
import { Writable } from 'node:stream';
import { Output, shown } from './output.ts';

function collecting() {
  let text = '';
  const out = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      done();
    },
  });
  return { streams: { out, error: out }, text: () => text };
}

const COLUMNS = [
  { title: 'NAME', of: ({ name }: { name: string }) => name },
  { title: 'AMOUNT', of: ({ amount }: { amount: string }) => amount, isNumber: true },
];
const ROWS = [
  { name: 'Ł', amount: '1.00' },
  { name: '日本', amount: '100.00' },
];

describe('output', () => {
  it('is a table of columns as wide as their text, amounts to the right, without trailing spaces', async () => {
    const { streams, text } = collecting();
    await new Output(streams, false).many(COLUMNS, ROWS);
    expect(text()).toBe('NAME  AMOUNT\nŁ       1.00\n日本  100.00\n');
  });

  it('is a line of JSON for each', async () => {
    const { streams, text } = collecting();
    await new Output(streams, true).many(COLUMNS, ROWS);
    expect(text()).toBe('{"name":"Ł","amount":"1.00"}\n{"name":"日本","amount":"100.00"}\n');
  });

  it('is a line at once for each of what goes on, below a heading, in columns that only grow', async () => {
    const { streams, text } = collecting();
    const seen: string[] = [];
    async function* rows() {
      for (const row of [...ROWS.slice(0, 1), { name: 'a\u001blonger one', amount: '1' }, { name: 'b', amount: '2' }]) {
        yield row;
        seen.push(text());
      }
    }
    const columns = [...COLUMNS, { title: 'NOTE', of: () => 'n' }];
    await new Output(streams, false).stream(columns, rows());
    expect(seen[0]).toBe('NAME  AMOUNT  NOTE\nŁ       1.00  n\n');
    expect(seen[2]?.split('\n').slice(2)).toEqual(['a\\u001blonger one       1  n', 'b                       2  n', '']);
  });

  it('never lets a terminal obey what a ledger holds', () => {
    expect(shown('a\u001b[2Jb\u202ec\nd')).toBe('a\\u001b[2Jb\\u202ec\\u000ad');
  });
});
