import { expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readAuditLog } from './audit.ts';

const event = (auditID: string, stage: string, more: object): string =>
  JSON.stringify({ auditID, stage, requestURI: '/x', verb: 'get', user: { username: 'a' }, requestReceivedTimestamp: 't', ...more });

it('tells each request once, watches from their start, without the line that is being written', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'audit-test-'));
  try {
    const file = join(folder, 'audit.log');
    expect(await readAuditLog(file)).toEqual([]);
    const lines = [
      event('1', 'ResponseStarted', { verb: 'watch', objectRef: { resource: 'pods', namespace: 'n' } }),
      event('2', 'ResponseComplete', { user: { username: 'b' }, responseStatus: { code: 200 } }),
      event('3', 'ResponseStarted', { verb: 'watch', objectRef: { apiGroup: 'batch', resource: 'jobs' } }),
      event('1', 'ResponseComplete', { verb: 'watch', objectRef: { resource: 'pods', namespace: 'n' }, responseStatus: { code: 200 } }),
      '{"auditID":"4"',
    ];
    writeFileSync(file, lines.join('\n'));
    const requests = await readAuditLog(file);
    expect(requests.map(({ user, verb, group, resource, status }) => [user, verb, group, resource, status])).toEqual([
      ['a', 'watch', '', 'pods', 200],
      ['b', 'get', null, null, 200],
      ['a', 'watch', 'batch', 'jobs', 0],
    ]);
    expect(await readAuditLog(file, 'b')).toHaveLength(1);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
