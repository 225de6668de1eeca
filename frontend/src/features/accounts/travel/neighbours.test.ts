import { expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { ledgerflow } from '../../../api/client.ts';
import { fromMicros } from '../../../ui/time/micros.ts';
import { neighbouring } from './neighbours.ts';

const BASE = 1_795_000_000_000_000;

it('finds the entry before and behind any time by one question', async () => {
  let times: string[] = [];
  const answer = jest.spyOn(ledgerflow, 'answer').mockImplementation(((
    _: string,
    { from = '', to = '~', order = 'asc', limit = 100 }: { from?: string; to?: string; order?: string; limit?: number },
  ) => {
    const found = times.filter((time) => time >= from && time <= to).toSorted();
    const data = (order === 'desc' ? found.toReversed() : found).slice(0, limit).map((recordedAt) => ({ recordedAt }));
    return Promise.resolve({ data: { data, nextCursor: null } });
  }) as unknown as typeof ledgerflow.answer);
  const offsets = fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 90_000_000 }), fc.integer({ min: 0, max: 1e14 }));
  await fc.assert(
    fc.asyncProperty(fc.array(offsets, { maxLength: 40 }), offsets, async (raw, at) => {
      const micros = raw.map((offset) => BASE + offset);
      const now = BASE + at;
      times = micros.map(fromMicros);
      answer.mockClear();
      const before = micros.filter((time) => time < now);
      const behind = micros.filter((time) => time > now);
      expect(await neighbouring('shop', 'alice', now, -1)).toBe(before.length === 0 ? null : fromMicros(Math.max(...before)));
      expect(await neighbouring('shop', 'alice', now, 1)).toBe(behind.length === 0 ? null : fromMicros(Math.min(...behind)));
      expect(answer).toHaveBeenCalledTimes(2);
    }),
  );
});
