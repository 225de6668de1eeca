import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { RowStream } from './row-stream.ts';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

it('gives up on a database that sends nothing', async () => {
  const rows = new RowStream('select 1', []).next();
  const outcome = expect(rows).rejects.toThrow('the database sent nothing for 15 minutes');
  await jest.advanceTimersByTimeAsync(15 * 60_000);
  await outcome;
  expect(jest.getTimerCount()).toBe(0);
});

it('leaves no timer behind when something comes', async () => {
  const stream = new RowStream('select 1', []);
  const rows = stream.next();
  stream.handleReadyForQuery();
  expect(await rows).toBeNull();
  expect(jest.getTimerCount()).toBe(0);
});
