import { expect, it } from '@jest/globals';
import { Refreshes } from './refreshes.ts';

it('refreshes once for all who ask, tells it those who come late, and then forgets', async () => {
  let nowMs = 0;
  let asked = 0;
  let answer: (text: string) => void = () => undefined;
  const refresh = (): Promise<string> => {
    asked += 1;
    return new Promise((resolve) => (answer = resolve));
  };
  const refreshes = new Refreshes<string>({
    keepMs: (text) => (text === 'refused' ? 1_000 : 60_000),
    now: () => nowMs,
  });
  const a = { refreshToken: 'r', accessToken: 'a' };
  expect(refreshes.find(a)).toBeNull();
  const all = Array.from({ length: 50 }, () => refreshes.run(a, refresh));
  nowMs = 3_600_000;
  all.push(refreshes.run(a, refresh));
  answer('new');
  expect(new Set(await Promise.all(all))).toEqual(new Set(['new']));
  nowMs += 59_000;
  expect(await refreshes.find(a)).toBe('new');
  expect(asked).toBe(1);
  // The same refresh token with the next access token is another refresh.
  expect(refreshes.find({ ...a, accessToken: 'b' })).toBeNull();
  nowMs += 2_000;
  expect(refreshes.find(a)).toBeNull();
  const again = refreshes.run(a, refresh);
  answer('refused');
  expect([await again, asked]).toEqual(['refused', 2]);
  nowMs += 1_001;
  expect(refreshes.find(a)).toBeNull();
});
