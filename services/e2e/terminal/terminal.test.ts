import { describe, expect, it } from '@jest/globals';
import { Writable } from 'node:stream';
import { Command } from 'commander';
import { EXIT_USAGE, parseCommand, positive, printResult, ratio, table, whole } from './index.ts';

function parse(...argv: string[]) {
  const command = new Command('tool')
    .option('--workers <n>', 'callers', whole(1, 10), 4)
    .option('--rate <n>', 'a second', positive)
    .option('--share <x>', 'of all', ratio, 0.5)
    .configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
  return parseCommand<{ workers: number; rate?: number; share: number }>(command, argv);
}

describe('a command line', () => {
  it('has its defaults and takes values in both spellings', () => {
    expect(parse()).toEqual({ options: { workers: 4, share: 0.5 } });
    expect(parse('--workers=7', '--rate', '2.5')).toEqual({ options: { workers: 7, rate: 2.5, share: 0.5 } });
  });

  it.each([
    ['--workers=0'],
    ['--workers=11'],
    ['--workers=1.5'],
    ['--workers=ten'],
    ['--workers='],
    ['--rate=0'],
    ['--rate=-1'],
    ['--rate=1e9x'],
    ['--share=1.1'],
    ['--unknown'],
    ['stray'],
  ])('%s ends with the code of wrong usage', (...argv) => expect(parse(...argv)).toEqual({ exitCode: EXIT_USAGE }));

  it('--help ends well', () => expect(parse('--help')).toEqual({ exitCode: 0 }));
});

describe('a result', () => {
  it('is written whole, or one line says why not', async () => {
    const parts: string[] = [];
    const write = (chunk: Buffer, _encoding: string, done: () => void): void => {
      parts.push(chunk.toString());
      done();
    };
    await printResult('fine', new Writable({ write }));
    expect(parts).toEqual(['fine']);
    const full = new Writable({ write: (_chunk, _encoding, done) => done(new Error('no space left')) });
    await expect(printResult('lost', full)).rejects.toThrow('the result could not be written: no space left');
  });
});

describe('a table', () => {
  it('aligns numbers to the right', () =>
    expect(
      table(
        ['name', 'rate'],
        [
          ['a', '1'],
          ['long', '1000'],
        ],
      ),
    ).toBe('name  rate\n----  ----\na        1\nlong  1000'));
});
