import { expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { parseOptions, type StartOptions } from './options.ts';
import { welcome } from './welcome.ts';

it('the README shows what npm start says', () => {
  const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');
  const text = welcome({
    options: parseOptions([]) as StartOptions,
    apiUrl: 'http://127.0.0.1:8080',
    metricsPorts: { 'ledger writer': 32861, 'read model builder': 44123 },
    dataDir: '.ledgerflow',
    startSeconds: '4.5',
    hasDemo: true,
  });
  expect(readme).toContain(text.trim());
});
