import { describe, expect, it } from '@jest/globals';
import { collect } from './ndjson.ts';

async function* counted(count: number, error?: Error): AsyncGenerator<{ n: number; text: string }> {
  for (let n = 1; n <= count; n++) yield { n, text: 'x'.repeat(1_000) };
  if (error !== undefined) throw error;
}
const linesOf = async (file: Blob): Promise<number[]> =>
  (await file.text())
    .split('\n')
    .slice(0, -1)
    .map((line) => (JSON.parse(line) as { n: number }).n);
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

describe('an export', () => {
  it('is a line an entry, in chunks, and counted', async () => {
    const counts: number[] = [];
    const { file, count, last, isCut, error } = await collect(counted(2_500), { onCount: (now) => counts.push(now) });
    expect(await linesOf(file)).toEqual(upTo(2_500));
    expect([count, last?.n, isCut, error]).toEqual([2_500, 2_500, false, null]);
    expect(counts).toEqual([500, 1_000, 1_500, 2_000, 2_500, 2_500]);
  });

  it('is empty when there is nothing', async () => {
    const { file, count, last } = await collect(counted(0), { onCount: () => undefined });
    expect([file.size, count, last]).toEqual([0, 0, null]);
  });

  it.each([
    ['lines', { linesMax: 3 }],
    ['characters', { charactersMax: 3_100 }],
  ])('ends at its bound of %s, after whole lines, and says so', async (_what, bound) => {
    const { file, last, isCut } = await collect(counted(10), { ...bound, onCount: () => undefined });
    expect(await linesOf(file)).toEqual([1, 2, 3]);
    expect([last?.n, isCut]).toEqual([3, true]);
  });

  it('is not cut when it ends at its bound', async () => {
    expect(await collect(counted(3), { linesMax: 3, onCount: () => undefined })).toMatchObject({ count: 3, isCut: false });
  });

  it('keeps what came before it broke', async () => {
    const broken = new Error('cut');
    const { file, error } = await collect(counted(2, broken), { onCount: () => undefined });
    expect(await linesOf(file)).toEqual([1, 2]);
    expect(error).toBe(broken);
  });
});
