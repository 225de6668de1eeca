import { describe, expect, it, jest } from '@jest/globals';
import { parseScale } from './options.ts';

describe('the options of npm run scale', () => {
  it('are the full size unless told otherwise', () => {
    expect(parseScale([])).toMatchObject({ options: { ledgers: 10_000, accounts: 1_000_000, kafka: true, json: false } });
    expect(parseScale(['--ledgers=50', '--accounts=0', '--no-kafka', '--json'])).toMatchObject({
      options: { ledgers: 50, accounts: 0, kafka: false, json: true },
    });
  });

  it('are refused when they can not be meant', () => {
    const said = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
    try {
      for (const wrong of ['--ledgers=-1', '--accounts=many', '--idle-seconds=0', '--ledgers=0.5', '--unknown', 'word'])
        expect([wrong, parseScale([wrong])]).toEqual([wrong, { exitCode: 2 }]);
    } finally {
      said.mockRestore();
    }
  });
});
