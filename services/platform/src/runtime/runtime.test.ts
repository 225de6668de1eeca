import { execFileSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import { SERVICE_ENVIRONMENT } from './index.ts';

/** Fills the young generation of a process until it stops growing, and says how large it became, in MiB. */
const GROW = `
  const { getHeapSpaceStatistics } = require('node:v8');
  const kept = [];
  let most = 0;
  for (let made = 0; made < 4_000_000; made++) {
    kept[made % 200_000] = { made, some: [made] };
    if (made % 100_000 > 0) continue;
    const young = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space');
    most = Math.max(most, young.physical_space_size);
  }
  console.log(most / 1024 / 1024);
`;

describe('what services are started with', () => {
  it('is taken by the runtime, and bounds the young generation', () => {
    const { PATH = '' } = process.env;
    const output = execFileSync(process.execPath, ['-e', GROW], { env: { PATH, ...SERVICE_ENVIRONMENT }, encoding: 'utf8' });
    // Two semi-spaces of 16 MiB.
    expect(Number(output)).toBeLessThanOrEqual(34);
  });
});
