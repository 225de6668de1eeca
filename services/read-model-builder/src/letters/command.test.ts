import { describe, expect, it } from '@jest/globals';
import { runCommand } from '../command.ts';
import { DEAD_LETTERS, parseLettersArguments } from './command.ts';

describe('the options of commands on dead letters', () => {
  it.each([
    [[], { action: 'list', ledger: null, limit: 50, isJson: false }],
    [['list', '--ledger=main', '--limit=5', '--json'], { action: 'list', ledger: 'main', limit: 5, isJson: true }],
    [['retry', '41'], { action: 'retry', letter: '41', ledger: null, isJson: false }],
    [['retry', '--all', '--ledger=main'], { action: 'retry', letter: null, ledger: 'main', isJson: false }],
    [['discard', '41', '--reason= not wanted '], { action: 'discard', letter: '41', reason: 'not wanted', isJson: false }],
    [['--help'], null],
  ])('%j', (argv, expected) => {
    expect(parseLettersArguments(argv)).toEqual(expected);
  });

  it.each([
    [['retry'], 'or --all'],
    [['retry', '1', '--all'], 'or --all'],
    [['retry', 'x'], 'by its number'],
    [['retry', '1', '--ledger=main'], 'goes with --all'],
    [['discard', '1'], '--reason'],
    [['discard', '1', '--reason= '], '--reason'],
    [['discard', '--reason=x'], 'by its number'],
    [['list', '1'], 'too much'],
    [['list', '--limit=0'], 'whole number'],
    [['list', '--limit=9999'], 'whole number'],
    [['list', '--ledger='], 'empty'],
    [['delete', '1'], 'there is no delete'],
    [['--nothing'], 'nothing'],
  ])('%j is a mistake', async (argv, message) => {
    let text = '';
    expect(await runCommand(DEAD_LETTERS, argv, (line) => (text += line))).toBe(2);
    expect(text).toContain(message);
    expect(text).toContain('read-model-builder dead-letters');
  });
});
