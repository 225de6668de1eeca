import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { arch, platform } from 'node:os';
import { join } from 'node:path';
import { alone, cacheRoot } from '../programs/cache.ts';
import { go, GO_WANTED, goProblem, ProgramSetupError } from '../programs/go.ts';

const MODULE = 'github.com/oauth2-proxy/oauth2-proxy/v7';
const NAME = 'oauth2-proxy';
/** A cold build takes a minute on two idle cores. */
export const BUILD_WAIT_MS = 900_000;

function version(): string {
  const [, found] = new RegExp(`${MODULE} (v\\S+)`).exec(readFileSync(join(import.meta.dirname, 'go.mod'), 'utf8')) ?? [];
  if (found === undefined) throw new Error(`go.mod has no ${MODULE}`);
  return found;
}

/** Named by everything that pins the program. */
function folder(): string {
  const hash = createHash('sha256');
  for (const pin of ['go.mod', 'go.sum']) hash.update(readFileSync(join(import.meta.dirname, pin)));
  return join(cacheRoot(), NAME, `${version()}-${platform()}-${arch()}-${hash.digest('hex').slice(0, 12)}`);
}

/** Why the program can not be had here; null when it is there or can be built. */
export async function oauth2ProxyProblem(): Promise<string | null> {
  if (existsSync(join(folder(), NAME))) return null;
  const problem = await goProblem();
  return problem === null ? null : `oauth2-proxy is built once from its Go module, which needs ${GO_WANTED} (${problem})`;
}

/** The path of oauth2-proxy; built on the first use of a machine and kept in the cache. Throws ProgramSetupError. */
export async function ensureOauth2Proxy(): Promise<string> {
  const path = join(folder(), NAME);
  if (existsSync(path)) return path;
  const problem = await oauth2ProxyProblem();
  if (problem !== null) throw new ProgramSetupError(problem);
  await mkdir(folder(), { recursive: true });
  await alone(folder(), BUILD_WAIT_MS, async () => {
    if (existsSync(path)) return;
    const flags = `-ldflags=-s -w -X ${MODULE}/pkg/version.VERSION=${version()}`;
    await go(import.meta.dirname, ['build', '-trimpath', flags, '-o', `${path}.new`, MODULE]);
    await rename(`${path}.new`, path);
  });
  return path;
}
