import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { contradiction, EXIT_USAGE, type LoadOptions, parseLoadOptions } from './options.ts';

const parse = (argv: string[], environment = {}) => parseLoadOptions(argv, environment, () => 99);

function must(argv: string[], environment = {}): LoadOptions {
  const parsed = parse(argv, environment);
  if ('exitCode' in parsed) throw new Error(argv.join(' '));
  return parsed.options;
}

describe('the command line of npm run load', () => {
  // What commander says about a wrong one is not for the output of the tests.
  beforeEach(() => {
    jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('has the documented defaults', () =>
    expect(must([])).toEqual({
      duration: 60,
      workers: 20,
      accounts: 100,
      seedConcurrency: 10,
      initialDeposit: 10_000,
      minAmount: 100,
      maxAmount: 1_500,
      baseUrl: 'http://127.0.0.1:8080',
      hotAccountRatio: 0.1,
      hotSelectionRate: 0.8,
      depositWeight: 35,
      withdrawWeight: 30,
      transferWeight: 0,
      balanceWeight: 20,
      historyWeight: 10,
      createWeight: 5,
      inFlightMax: 1_000,
      seed: 99,
      busyMax: 0.05,
      shedMax: 0.05,
      timeout: 15,
      allowRemote: false,
      json: false,
    }));

  it('takes the address and the token of the environment, unless they are given', () => {
    const environment = { LEDGERFLOW_URL: 'http://127.0.0.1:9/', LEDGERFLOW_TOKEN: 'env' };
    expect(must([], environment)).toMatchObject({ baseUrl: 'http://127.0.0.1:9', token: 'env' });
    expect(must(['--base-url=http://localhost:8', '--token=own'], environment)).toMatchObject({
      baseUrl: 'http://localhost:8',
      token: 'own',
    });
    expect(must([], { LEDGERFLOW_URL: '', LEDGERFLOW_TOKEN: '' })).not.toHaveProperty('token');
  });

  it.each([
    '--duration=0',
    '--workers=0',
    '--hot-account-ratio=2',
    '--deposit-weight=-1',
    '--min-amount=0',
    '--batch=1001',
    '--rate=0',
    '--rate=1e9',
    '--rate=1000000000',
    '--in-flight-max=1000000000',
    '--seed=x',
  ])('refuses %s', (flag) => expect(parse([flag])).toEqual({ exitCode: EXIT_USAGE }));

  it.each([
    [['--base-url=ftp://127.0.0.1'], /is not an address/],
    [['--base-url=http://127.0.0.1:8080?a=b'], /is not an address/],
    [['--rate=0.01'], /no operation/],
    [['--base-url=http://127.0.0.1:8080/api'], /is not an address/],
    [['--base-url=http://ledger.example.com'], /--allow-remote/],
    [['--base-url=http://127.0.0.1.example.com'], /--allow-remote/],
    [['--base-url=http://10.0.0.1'], /--allow-remote/],
    [['--min-amount=2000'], /--min-amount is above/],
    [['--deposit-weight=0', '--withdraw-weight=0', '--balance-weight=0', '--history-weight=0', '--create-weight=0'], /nothing to do/],
    [['--deposit-weight=0', '--withdraw-weight=0', '--batch=5'], /--batch/],
    [['--accounts=1', '--batch=5'], /--accounts=2/],
    [['--accounts=1', '--transfer-weight=1'], /--accounts=2/],
    [['--ledger='], /cannot be the id/],
    [['--ledger=../x'], /cannot be the id/],
    [['--ledger=A B'], /cannot be the id/],
    [['--token='], /--token is empty/],
    [['--token=a b'], /--token is empty/],
  ])('%j makes no sense', (argv, message) => expect(contradiction(must(argv))).toMatch(message));

  it.each([
    [[]],
    [['--base-url=http://localhost:1']],
    [['--base-url=http://[::1]:1']],
    [['--base-url=https://x.example', '--allow-remote']],
    [['--accounts=1']],
    [['--ledger=A.b:c@d-1', '--token=a.b.c']],
  ])('%j is fine', (argv: string[]) => expect(contradiction(must(argv))).toBeNull());
});
