import { describe, expect, it } from '@jest/globals';
import { runCommand } from '../command.ts';
import { REBUILD, parseRebuildArguments } from './command.ts';
import { Pace } from './pace.ts';

describe('the options of a rebuild', () => {
  it('default to everything', () => {
    expect(parseRebuildArguments([])).toMatchObject({ projection: null, ledger: null, account: null, maxRate: null, isJson: false });
    expect(parseRebuildArguments(['--projection=all'])).toMatchObject({ projection: null });
  });

  it('name a part', () => {
    const id = '6f1c1a5e-0000-4000-8000-000000000001';
    expect(
      parseRebuildArguments([
        '--projection',
        'account_summary',
        '--ledger=main',
        '--account=a',
        '--max-rate=500',
        `--id=${id}`,
        '--by-id-only',
        '--json',
      ]),
    ).toEqual({
      projection: 'account_summary',
      ledger: 'main',
      account: 'a',
      maxRate: 500,
      id,
      isByIdOnly: true,
      isProveOnly: false,
      isIdAlone: false,
      isJson: true,
    });
    expect(parseRebuildArguments(['--ledger=main', '--prove-only'])).toMatchObject({ isProveOnly: true, isByIdOnly: false });
  });

  it.each([
    [[], true],
    [['--json'], true],
    [['--by-id-only'], false],
    [['--projection=all'], false],
    [['--max-rate=7'], false],
  ])('beside the id %j: the id is alone: %s', (argv, isIdAlone) => {
    expect(parseRebuildArguments(['--id=6f1c1a5e-0000-4000-8000-000000000001', ...argv])).toMatchObject({ isIdAlone });
    expect(parseRebuildArguments(argv.filter((word) => word !== '--by-id-only'))).toMatchObject({ isIdAlone: false });
  });

  it.each([
    ['--projection=nothing', 'no projection'],
    ['--account=a', 'needs --ledger'],
    ['--ledger=', 'empty'],
    ['--max-rate=0', 'whole number'],
    ['--max-rate=-1', 'whole number'],
    ['--max-rate=1e3', 'whole number'],
    ['--max-rate=1000001', 'from 1 to 1000000'],
    ['--projection=transactions --ledger=main --account=a', 'can not be made anew in transactions'],
    ['--id=1', 'UUID'],
    ['--by-id-only', '--by-id-only needs --id'],
    ['--prove-only --ledger=main --account=a', '--prove-only'],
    ['--nothing', 'nothing'],
    ['extra', 'extra'],
  ])('%s is a mistake', async (words, message) => {
    let text = '';
    expect(await runCommand(REBUILD, words.split(' '), (line) => (text += line))).toBe(2);
    expect(text).toContain(message);
    expect(text).toContain('read-model-builder rebuild');
  });
});

describe('the pace of a rebuild', () => {
  it('keeps to its records a second, in even batches, and saves nothing up', async () => {
    let now = 0;
    const waits: number[] = [];
    const sleep = (ms: number): Promise<void> => {
      waits.push(ms);
      now += ms;
      return Promise.resolve();
    };
    const pace = new Pace(1_000, sleep, () => now);
    expect(pace.batchMax(5_000)).toBe(250);
    for (let i = 0; i < 8; i++) await pace.took(250);
    expect(now).toBeGreaterThanOrEqual(1_500);
    expect(now).toBeLessThanOrEqual(2_000);
    now += 60_000;
    const later = now;
    for (let i = 0; i < 8; i++) await pace.took(250);
    expect(now - later).toBeGreaterThanOrEqual(1_500);
    expect(pace.rate).toBeGreaterThan(900);
    expect(pace.rate).toBeLessThan(1_400);
  });

  it('without a limit does not wait', async () => {
    const pace = new Pace(null, () => Promise.reject(new Error('waited')));
    expect(pace.batchMax(5_000)).toBe(5_000);
    await pace.took(5_000);
    expect(pace.rate).toBeNull();
  });
});
