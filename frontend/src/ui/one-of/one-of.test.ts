import { expect, it } from '@jest/globals';
import { oneOf } from './index.ts';

it.each([
  [[], ''],
  [['admin'], 'admin'],
  [['auditor', 'admin'], 'auditor or admin'],
  [['viewer', 'operator', 'admin'], 'viewer, operator or admin'],
])('%j is one of them, in words', (words, told) => expect(oneOf(words)).toBe(told));
