/** @jest-environment jsdom */
import { afterEach, expect, it } from '@jest/globals';
import { forgetUnread, keep, load, unread } from './storage.ts';

afterEach(() => sessionStorage.clear());

const readText = (value: unknown): string | null => (typeof value === 'string' ? value : null);

it('finds each item by itself, and keeps aside what it can not read', () => {
  sessionStorage.setItem('p a', '{cut o');
  sessionStorage.setItem('p b', '7');
  sessionStorage.setItem('p c', '"good"');
  sessionStorage.setItem('p-more d', '"of another"');
  expect(load('p', readText)).toEqual({ c: 'good' });
  expect(unread().toSorted()).toEqual(['p a', 'p b']);
  // What is kept next under the same name does not overwrite it.
  keep('p', 'a', 'new');
  expect([load('p', readText), unread().length]).toEqual([{ a: 'new', c: 'good' }, 2]);
  expect(sessionStorage.getItem('ledgerflow-unread p a')).toBe('{cut o');
  forgetUnread('p a');
  expect(unread()).toEqual(['p b']);
});
