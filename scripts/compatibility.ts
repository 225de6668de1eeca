/**
 * `npm run compatibility`: fails on a change of the OpenAPI document or of the protobuf contract that breaks clients of the last release. The release is the newest
 * tag v*; where there is no tag, or no git, the committed copies in services/contracts/released/ stand for it (`-- --release` writes them, at a release).
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { breakingChanges } from './compatibility/openapi.ts';
import { breakingProtobuf } from './compatibility/protobuf.ts';

const ROOT = join(import.meta.dirname, '..');
const CONTRACTS = join(ROOT, 'services/contracts');
const RELEASED = join(CONTRACTS, 'released');
const OPENAPI = 'docs/reference/openapi.json';
const PROTO = 'services/contracts/proto';

const git = (...args: string[]): string => execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });

function lastTag(): string | null {
  try {
    return git('tag', '--list', 'v*', '--sort=-v:refname').split('\n')[0] || null;
  } catch {
    return null;
  }
}

/** The contracts of a tag in a folder of their own. */
function checkOut(tag: string, folder: string): void {
  for (const path of [OPENAPI, ...git('ls-tree', '-r', '--name-only', tag, PROTO).split('\n')].filter((name) => name !== '')) {
    const file = path === OPENAPI ? join(folder, 'openapi.json') : join(folder, 'proto', path.slice(PROTO.length + 1));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, git('show', `${tag}:${path}`));
  }
}

function check(released: string, name: string): number {
  const read = (file: string): Record<string, unknown> => JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  const broken = breakingChanges(read(join(released, 'openapi.json')), read(join(ROOT, OPENAPI)));
  const proto = breakingProtobuf(join(released, 'proto'), join(ROOT, PROTO));
  for (const line of [...broken, ...proto]) console.log(line);
  if (broken.length + proto.length === 0) console.log(`Nothing breaks clients of ${name}.`);
  else
    console.log(`${broken.length + proto.length} changes break clients of ${name}: keep what they use, or raise the version of the API.`);
  return broken.length + proto.length === 0 ? 0 : 1;
}

function main(): number {
  if (process.argv.includes('--release')) {
    rmSync(RELEASED, { recursive: true, force: true });
    cpSync(join(ROOT, PROTO), join(RELEASED, 'proto'), { recursive: true });
    cpSync(join(ROOT, OPENAPI), join(RELEASED, 'openapi.json'));
    return 0;
  }
  const tag = lastTag();
  if (tag === null) return check(RELEASED, 'the copies in services/contracts/released');
  const folder = mkdtempSync(join(tmpdir(), 'ledgerflow-released-'));
  try {
    checkOut(tag, folder);
    return check(folder, tag);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

process.exitCode = main();
