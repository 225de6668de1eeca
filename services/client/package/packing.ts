import { execFile, execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(import.meta.dirname, '../../..');
const TIMEOUT_MS = 120_000;
const run = promisify(execFile);

/** Without those of the checkout: what the machine has. */
const MACHINE_PATH = (process.env['PATH'] ?? '')
  .split(delimiter)
  .filter((folder) => !folder.includes('node_modules'))
  .join(delimiter);

/** Standard output of a program that must end well; its own words when it does not. */
export async function execute(program: string, args: string[], cwd: string, path = process.env['PATH'] ?? ''): Promise<string> {
  try {
    const { stdout } = await run(program, args, { cwd, timeout: TIMEOUT_MS, env: { ...process.env, PATH: path, NODE_OPTIONS: '' } });
    return stdout;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`${program} ${args.join(' ')} failed\n${stdout}${stderr}`, { cause: error });
  }
}

/** The oldest major version that the package's engines name. */
export const OLDEST_NODE_MAJOR = 20;

/** A Node.js of that version in PATH. Where there is none: the checkout's own; with CI=true, where one is promised, it throws. */
export function oldestNode(): string {
  const files = MACHINE_PATH.split(delimiter).map((folder) => join(folder, 'node'));
  const found = files
    .filter((file) => existsSync(file))
    .map((file) => ({ file, version: execFileSync(file, ['--version'], { encoding: 'utf8', timeout: TIMEOUT_MS }) }));
  const oldest = found.find(({ version }) => version.startsWith(`v${OLDEST_NODE_MAJOR}.`));
  if (oldest === undefined && process.env['CI'] === 'true')
    throw new Error(
      `CI=true promises a Node.js ${OLDEST_NODE_MAJOR} in PATH; there is ${found.map(({ version }) => version.trim()).join(', ') || 'none'}`,
    );
  return oldest?.file ?? process.execPath;
}

/** A package of the checkout, packed as `npm pack` packs it there. In a copy, for packing changes package.json while it lasts and others read it now. */
export async function packed(workspace: string): Promise<string> {
  const copy = await mkdtemp(join(tmpdir(), 'ledgerflow-pack-'));
  const folder = join(copy, 'services', workspace);
  mkdirSync(join(copy, 'services'));
  for (const file of ['scripts', 'tsconfig.json']) cpSync(join(ROOT, file), join(copy, file), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  const own = join(ROOT, 'services', workspace);
  cpSync(own, folder, { recursive: true, filter: (source) => !source.includes('node_modules') && !source.endsWith('dist') });
  if (existsSync(join(own, 'node_modules'))) symlinkSync(join(own, 'node_modules'), join(folder, 'node_modules'));
  const output = await execute('npm', ['pack', '--json', '--silent'], folder);
  const [{ filename }] = JSON.parse(output.slice(output.indexOf('['))) as [{ filename: string }];
  return join(folder, filename);
}

/** A new project with these tarballs installed; they and the copies they were made in are gone afterwards. */
export async function emptyProject(tarballs: string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ledgerflow-project-'));
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'project', private: true, type: 'module' }));
  await execute('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--silent', ...tarballs], folder, MACHINE_PATH);
  for (const tarball of tarballs) await rm(join(tarball, '../../..'), { recursive: true, force: true });
  return folder;
}
