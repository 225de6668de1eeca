import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, expect, it } from '@jest/globals';
import { withoutCredentials, withoutSecrets } from './index.ts';

describe('what a log line keeps to itself', () => {
  it('secrets by their names, down to two levels', () => {
    const line = {
      token: 'x',
      ids: ['a'],
      request: { authorization: 'x', path: '/' },
      a: { b: { password: 'x', kept: 1 } },
      list: [{ secret: 'x' }],
    };
    expect(withoutSecrets(line)).toEqual({
      token: '[redacted]',
      ids: ['a'],
      request: { authorization: '[redacted]', path: '/' },
      a: { b: { password: '[redacted]', kept: 1 } },
      list: [{ secret: '[redacted]' }],
    });
    expect(line.token).toBe('x');
  });

  it('leaves a line without secrets as it is', () => {
    const line = { status: 201, err: new Error('x'), nested: { list: [1, null] } };
    expect(withoutSecrets(line)).toBe(line);
  });

  it('passwords in addresses', () => {
    expect(withoutCredentials('connect postgres://me:pass@host/db')).toBe('connect postgres://me:***@host/db');
  });
});

/** Writes 32 MiB of lines at once, says so, and stays. */
const CHATTER = `
  import { createLogger } from '${new URL('./index.ts', import.meta.url).href}';
  const log = createLogger('chatter', 'info');
  for (let line = 0; line < 32_768; line++) log.info({ line, text: 'x'.repeat(1_000) }, 'chatter');
  process.send('done');
  setInterval(() => undefined, 1_000);
`;

it('says how many lines were lost while standard output did not take them', async () => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', CHATTER], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  try {
    await once(child, 'message');
    let seen = 0;
    let lost: unknown = null;
    for await (const text of createInterface({ input: child.stdout! })) {
      const line = JSON.parse(text) as { msg: string; lines: number };
      if (line.msg === 'chatter') seen += 1;
      else {
        lost = line.lines;
        break;
      }
    }
    expect(seen).toBeGreaterThan(1_000);
    expect(lost).toBe(32_768 - seen);
  } finally {
    child.kill('SIGKILL');
  }
}, 30_000);
