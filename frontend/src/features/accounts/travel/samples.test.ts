import { expect, it } from '@jest/globals';
import { samplesOf } from './samples.ts';

const span = { from: 1_000, to: 1_590 };

it('asks for even times of a span, a few at once, and has no point before the first entry', async () => {
  const asked: number[] = [];
  let [now, most] = [0, 0];
  const points = await samplesOf(async (micros) => {
    asked.push(micros);
    most = Math.max(most, ++now);
    await Promise.resolve();
    now--;
    return micros < 1_200 ? null : String(micros);
  }, span);
  expect(asked).toEqual(Array.from({ length: 60 }, (_, index) => 1_000 + index * 10));
  expect(most).toBe(4);
  expect(points).toEqual(asked.filter((micros) => micros >= 1_200).map((micros) => ({ micros, balance: String(micros) })));
});

it('asks no more once an answer failed', async () => {
  let asked = 0;
  const refused = samplesOf(() => (++asked === 6 ? Promise.reject(new Error('aborted')) : Promise.resolve('1.00')), span);
  await expect(refused).rejects.toThrow('aborted');
  expect(asked).toBe(8);
});
