import { spawnSync } from 'node:child_process';

/** As in buf.yaml: a rollout has services of two releases talk to each other, and names are what generated code has. */
const RULES = JSON.stringify({ version: 'v2', breaking: { use: ['FILE'] } });

/** The breaking changes between two folders of .proto files, as buf says them. */
export function breakingProtobuf(before: string, after: string): string[] {
  const { status, stdout, stderr, error } = spawnSync('buf', ['breaking', after, '--against', before, '--config', RULES], {
    encoding: 'utf8',
  });
  if (status === 0) return [];
  const lines = `${error?.message ?? ''}${stdout ?? ''}${stderr ?? ''}`.split('\n').filter((line) => line !== '');
  return lines.length > 0 ? lines : [`buf ended with ${status}`];
}
