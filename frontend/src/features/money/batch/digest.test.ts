import { afterEach, expect, it, jest } from '@jest/globals';
import { digestOf } from './digest.ts';

afterEach(() => {
  jest.restoreAllMocks();
});

it('is of the content, with and without digests in the browser', async () => {
  expect(await digestOf('abc')).toBe('sha-256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  expect(await digestOf('abd')).not.toBe(await digestOf('abc'));
  jest.spyOn(crypto, 'subtle', 'get').mockReturnValue(undefined as never);
  expect([await digestOf('abc'), await digestOf('x'.repeat(16_385))]).toEqual(['text:abc', null]);
});
