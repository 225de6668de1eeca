import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { dirname, join } from 'node:path';
import { alone, cacheRoot } from '../programs/cache.ts';
import { execute, ProgramSetupError } from '../programs/go.ts';

const PACKAGE = '@sparticuz/chromium';
const NAME = 'chromium';
/** Measured: 3 s on an idle core. */
const UNPACK_TIMEOUT_MS = 120_000;
/** For whoever starts a browser on a machine that has not unpacked it. */
export const BROWSER_WAIT_MS = 180_000;

/** A Chromium and what it has to be started with. */
export interface BrowserProgram {
  path: string;
  environment: Record<string, string>;
}

const ownPath = (): string => process.env['CHROME_PATH'] ?? '';

/** Why no browser can be started here; null when one can. */
export function browserProblem(): string | null {
  const path = ownPath();
  if (path !== '') return existsSync(path) ? null : `CHROME_PATH is ${path}, which is not there`;
  if (platform() === 'linux' && arch() === 'x64') return null;
  return `${PACKAGE} has a Chromium for Linux on x64 only: name one of yours by CHROME_PATH`;
}

/** The package keeps its manifest to itself. */
function packageFolder(): string {
  return dirname(dirname(createRequire(import.meta.url).resolve(PACKAGE)));
}

const version = (): string => (JSON.parse(readFileSync(join(packageFolder(), 'package.json'), 'utf8')) as { version: string }).version;

/** The package unpacks to the temporary folder of its process, and takes what is there for whole: it is given a process and a folder of its own, by one caller at a time. */
async function unpack(folder: string): Promise<void> {
  const staging = `${folder}.new`;
  // Of one that was killed.
  await rm(staging, { recursive: true, force: true });
  await mkdir(staging, { recursive: true });
  try {
    const { PATH = '', HOME = '' } = process.env;
    const script = `import chromium from '${PACKAGE}'; await chromium.executablePath();`;
    await execute(
      process.execPath,
      ['--input-type=module', '--eval', script],
      import.meta.dirname,
      { PATH, HOME, TMPDIR: staging },
      UNPACK_TIMEOUT_MS,
    );
    const fonts = join(folder, 'fonts');
    const config = `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig><dir>${fonts}</dir><cachedir>${join(folder, 'font-cache')}</cachedir></fontconfig>\n`;
    await writeFile(join(staging, 'fonts', 'fonts.conf'), config);
    await rename(staging, folder);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/** The Chromium of CHROME_PATH, else that of the package, unpacked on the first use of a machine and kept in the cache. Throws ProgramSetupError. */
export async function ensureBrowser(): Promise<BrowserProgram> {
  const problem = browserProblem();
  if (problem !== null) throw new ProgramSetupError(problem);
  if (ownPath() !== '') return { path: ownPath(), environment: {} };
  const parent = join(cacheRoot(), NAME);
  const folder = join(parent, version());
  const isThere = (): boolean => existsSync(join(folder, NAME));
  if (!isThere())
    await alone(parent, BROWSER_WAIT_MS, async () => {
      if (!isThere()) await unpack(folder);
    });
  return { path: join(folder, NAME), environment: { FONTCONFIG_PATH: join(folder, 'fonts') } };
}
