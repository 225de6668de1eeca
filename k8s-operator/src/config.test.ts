import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { parseConfig } from '@ledgerflow/platform/config';
import { CONFIG } from './config.ts';

let dir: string;
let good: Record<string, string>;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ledgerflow-config-'));
  await writeFile(join(dir, 'job.yaml'), 'spec: { containers: [{ name: rebuild, image: builder }] }');
  await writeFile(join(dir, 'wrong.yaml'), 'spec: { hostNetwork: true, containers: [{ name: rebuild }] }');
  good = {
    POD_NAMESPACE: 'ledgerflow',
    GATEWAY_URL: 'http://gateway:8080',
    JOB_TEMPLATE_FILE: join(dir, 'job.yaml'),
    GATEWAY_TOKEN_FILE: '/token',
  };
});
afterAll(() => rm(dir, { recursive: true, force: true }));

it('a configuration has defaults', () => {
  expect(parseConfig(CONFIG, good)).toMatchObject({
    LEASE_SECONDS: 30,
    POLL_INTERVAL_MS: 5_000,
    CANCEL_TIMEOUT_SECONDS: 120,
    DELETE_TIMEOUT_SECONDS: 86_400,
    WORKERS: 16,
    TOKEN_AUTH: 'basic',
  });
});

it('all its mistakes are told together, those of the template too', () => {
  const environment = {
    WORKERS: '0',
    WATCH_NAMESPACES: 'a,B',
    GATEWAY_URL: 'gateway',
    TOKEN_URL: 'https://id/token',
    CLIENT_ID: 'x',
    JOB_TEMPLATE_FILE: join(dir, 'wrong.yaml'),
  };
  expect(() => parseConfig(CONFIG, environment)).toThrow(
    /POD_NAMESPACE is required[^]*WORKERS must be >= 1|WORKERS must be >= 1[^]*POD_NAMESPACE is required/,
  );
  for (const problem of ['WATCH_NAMESPACES', 'GATEWAY_URL', 'TOKEN_URL needs CLIENT_ID and CLIENT_SECRET_FILE', 'hostNetwork', 'no image'])
    expect(() => parseConfig(CONFIG, environment)).toThrow(problem);
});

it.each([
  [{ GATEWAY_TOKEN_FILE: '' }, 'one of TOKEN_URL'],
  [{ TOKEN_URL: 'https://id/token', CLIENT_ID: 'x', CLIENT_SECRET_FILE: '/s' }, 'and not both'],
  [{ JOB_TEMPLATE_FILE: '/nothing' }, 'ENOENT'],
  [{ CANCEL_TIMEOUT_SECONDS: '100', DELETE_TIMEOUT_SECONDS: '99' }, 'DELETE_TIMEOUT_SECONDS must be CANCEL_TIMEOUT_SECONDS at least'],
])('%j is refused', (change, problem) => {
  expect(() => parseConfig(CONFIG, { ...good, ...change })).toThrow(problem);
});
