import { describe, expect, it } from '@jest/globals';
import { runCommand } from '../command.ts';
import { ADOPT_EPOCH, parseAdoptArguments } from './command.ts';

describe('the options of adopt-epoch', () => {
  it('name one ledger or all, and whether it is meant', () => {
    expect(parseAdoptArguments(['--ledger=main', '--yes'])).toEqual({ ledger: 'main', isMeant: true, isJson: false });
    expect(parseAdoptArguments(['--all', '--json'])).toEqual({ ledger: null, isMeant: false, isJson: true });
  });

  it.each([
    ['', 'takes --ledger=ID or --all'],
    ['--ledger=', 'empty'],
    ['--ledger=a --all', 'takes --ledger=ID or --all'],
    ['--all more', 'more'],
  ])('%s is a mistake', async (argv, message) => {
    let text = '';
    expect(await runCommand(ADOPT_EPOCH, argv.split(' ').filter(Boolean), (line) => (text += line))).toBe(2);
    expect(text).toContain(message);
    expect(text).toContain('read-model-builder adopt-epoch');
  });
});
