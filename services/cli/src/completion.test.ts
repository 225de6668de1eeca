import { describe, expect, it } from '@jest/globals';
import { PassThrough } from 'node:stream';
import { candidates } from './completion.ts';
import { buildProgram } from './program.ts';
import { ran } from './test/ran.ts';

const program = buildProgram({
  environment: {},
  streams: { out: new PassThrough(), error: new PassThrough() },
  signal: new AbortController().signal,
});

describe('completion', () => {
  it.each<[string[], string[]]>([
    [['acc'], ['account']],
    [['account', 'un'], ['unfreeze']],
    [['--json', '--url', 'account', 'dl'], ['dlq']],
    [['account', 'freeze', 'l', 'a', '--sc'], ['--scope']],
    [
      ['account', 'freeze', 'l', 'a', '--scope', ''],
      ['all', 'debits'],
    ],
    [['completion', 'f'], ['fish']],
    [['nonsense', 'x'], []],
  ])('%j', (words, expected) => expect(candidates(program, words)).toEqual(expected));

  it('never offers what is hidden', () => expect(candidates(program, ['__'])).toEqual([]));

  it('is a command that takes any word', async () => {
    expect(await ran(['__complete', '--', 'account', 'freeze', '--rea'], { environment: {} })).toEqual({
      code: 0,
      out: '--reason\n',
      error: '',
    });
  });
});
