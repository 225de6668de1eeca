import { expect, test } from '@jest/globals';
import { parseBench } from './options.ts';

test('a list of rows without a name is refused, not taken for all rows', () => {
  expect(parseBench(['--rows='])).toEqual({ exitCode: 2 });
  expect(parseBench(['--rows=,'])).toEqual({ exitCode: 2 });
  expect(parseBench(['--rows= lag , disk'])).toMatchObject({ options: { rows: ['lag', 'disk'] } });
});
