import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { arch, platform } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { alone, cacheRoot } from '../programs/cache.ts';
import { execute, ProgramSetupError } from '../programs/go.ts';

const run = promisify(execFile);
const REQUIREMENTS = join(import.meta.dirname, 'requirements.txt');
/** What the pinned schemathesis asks for. */
const PYTHON_MINOR_MIN = 11;
const PYTHONS = ['python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python'];
const ASK_TIMEOUT_MS = 20_000;
const INSTALL_TIMEOUT_MS = 600_000;
/** Says its version, and fails where Debian has split venv off. */
const QUESTION = 'import sys, venv, ensurepip; print(sys.version_info[0], sys.version_info[1], sys.implementation.cache_tag)';

export interface Python {
  command: string;
  /** Names interpreter and version: what is compiled for one is nothing for another. */
  tag: string;
}

/** Of what QUESTION was answered: the tag of a Python that will do, else null. */
export function pythonTag(answer: string): string | null {
  const [major, minor, tag] = answer.trim().split(' ');
  return Number(major) === 3 && Number(minor) >= PYTHON_MINOR_MIN && tag !== undefined ? tag : null;
}

/** The first Python on the PATH that will do. Throws ProgramSetupError when there is none. */
export async function findPython(environment: NodeJS.ProcessEnv = process.env): Promise<Python> {
  for (const command of PYTHONS) {
    const tag = await run(command, ['-c', QUESTION], { timeout: ASK_TIMEOUT_MS, env: environment }).then(
      ({ stdout }) => pythonTag(stdout),
      () => null,
    );
    if (tag !== null) return { command, tag };
  }
  throw new ProgramSetupError(
    `The fuzz test runs schemathesis and needs Python 3.${PYTHON_MINOR_MIN} or later with venv on the PATH (Debian: python3 python3-venv). Nothing else needs Python.`,
  );
}

/** The path of the pinned schemathesis; installed on the first use of a machine and kept in the cache. Throws ProgramSetupError. */
export async function ensureSchemathesis(waiting: (line: string) => void): Promise<string> {
  const python = await findPython();
  const pins = createHash('sha256').update(readFileSync(REQUIREMENTS)).digest('hex').slice(0, 12);
  const folder = join(cacheRoot(), 'schemathesis', `${python.tag}-${platform()}-${arch()}-${pins}`);
  const environment = join(folder, 'venv');
  const bin = join(environment, platform() === 'win32' ? 'Scripts' : 'bin');
  // Written last: without it the folder is incomplete.
  const stamp = join(folder, 'complete');
  if (existsSync(stamp)) return join(bin, 'st');
  await mkdir(folder, { recursive: true });
  await alone(folder, INSTALL_TIMEOUT_MS, async () => {
    if (existsSync(stamp)) return;
    waiting('Installing schemathesis (once) …');
    await rm(environment, { recursive: true, force: true });
    await execute(python.command, ['-m', 'venv', environment], folder, process.env, INSTALL_TIMEOUT_MS);
    const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--only-binary=:all:', '--require-hashes', '-r'];
    await execute(join(bin, 'python'), [...install, REQUIREMENTS], folder, process.env, INSTALL_TIMEOUT_MS);
    await writeFile(stamp, '');
  });
  return join(bin, 'st');
}
