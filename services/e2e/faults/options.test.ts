import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { PAGE, parseFaults } from './options.ts';

const KNOWN = ['gateway-killed', 'writer-killed', 'postgres-killed'];
const parse = (...argv: string[]) => parseFaults(argv, KNOWN, () => 7);

describe('the command line of the fault experiments', () => {
  let said = '';
  beforeEach(() => {
    said = '';
    jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
      said += String(text);
      return true;
    });
  });
  afterEach(() => void jest.restoreAllMocks());

  it('runs everything and writes the page by default', () => {
    expect(parse()).toEqual({ options: { rows: null, seed: 7, seconds: 3, list: false, json: false, page: PAGE } });
  });

  it('takes rows in the order of the registry, and then writes no page unless it is told where', () => {
    const chosen = { rows: ['gateway-killed', 'postgres-killed'], seed: 23, seconds: 0.5, list: false, json: true };
    const argv = ['--rows=postgres-killed, gateway-killed', '--seed=23', '--seconds=0.5', '--json'];
    expect(parse(...argv)).toEqual({ options: { ...chosen, page: null } });
    expect(parse(...argv, '--page=faults.md')).toEqual({ options: { ...chosen, page: 'faults.md' } });
  });

  it('writes no page with --no-page', () => expect(parse('--no-page')).toMatchObject({ options: { page: null } }));

  it.each([
    [['--rows=gateway-kiled'], 'there is no row gateway-kiled'],
    [['--rows=,'], 'it names no row'],
    [['--rows'], 'argument missing'],
    [['--seed=x'], 'it is not a number'],
    [['--seed=-1'], 'it is not a whole number from 0'],
    [['--seconds=0'], 'it is not above 0'],
    [['--seconds=61'], 'it is above 60'],
    [['--page'], 'argument missing'],
    [['--frobnicate'], 'unknown option'],
    [['gateway-killed'], 'too many arguments'],
  ])('says what is wrong with %j and ends with 2', (argv, message) => {
    expect(parse(...argv)).toEqual({ exitCode: 2 });
    expect(said).toContain(message);
  });
});
