/**
 * Builds the dashboard to frontend/dist when what it is made of changed since the last time: its sources, the client's, and the versions of its packages. Says nothing when
 * there is nothing to do. Runs after install.mjs.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const FRONTEND = join(ROOT, 'frontend');
const DIST = join(FRONTEND, 'dist');
const STAMP = '.built-from';
/** Two that build at once each have a folder; the later one's stands. */
const BUILDING = /^dist\.(\d+)\.(?:new|old)$/;
const MOVES_MAX = 10;
/** Folders and files that make a difference; tests do not. */
const SOURCES = [
  'frontend/src',
  'frontend/public',
  'frontend/index.html',
  'frontend/vite.config.ts',
  'frontend/postcss.config.cjs',
  'services/client/src',
  'package-lock.json',
];
const TEST = /\.(test|fixture)\.tsx?$/;

function* filesOf(path) {
  const full = join(ROOT, path);
  let entries;
  try {
    entries = readdirSync(full, { withFileTypes: true });
  } catch (error) {
    if (error.code !== 'ENOTDIR') throw error;
    yield path;
    return;
  }
  for (const { name } of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) yield* filesOf(join(path, name));
}

const digest = createHash('sha256');
for (const source of SOURCES)
  for (const file of filesOf(source))
    if (!TEST.test(file))
      digest
        .update(file)
        .update('\0')
        .update(readFileSync(join(ROOT, file)))
        .update('\0');
const sources = digest.digest('hex');
const stamp = join(DIST, STAMP);
const isBuilt = existsSync(stamp) && readFileSync(stamp, 'utf8') === sources;

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** What builds left that were killed. */
function clean() {
  for (const name of readdirSync(FRONTEND)) {
    const pid = Number(BUILDING.exec(name)?.[1] ?? Number.NaN);
    if (pid > 0 && (pid === process.pid || !isRunning(pid))) rmSync(join(FRONTEND, name), { recursive: true, force: true });
  }
}

/** In the place of the one before, which is whole until then. */
function move(built) {
  const old = join(FRONTEND, `dist.${process.pid}.old`);
  for (let i = 0; i < MOVES_MAX; i++) {
    try {
      if (existsSync(DIST)) renameSync(DIST, old);
      renameSync(built, DIST);
      return;
    } catch (error) {
      // Another build moved between the two.
      if (!['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(error.code)) throw error;
      rmSync(old, { recursive: true, force: true });
    }
  }
  throw new Error(`${DIST} is moved again and again by others`);
}
if (!isBuilt) {
  const startedMs = Date.now();
  process.stdout.write('Building the dashboard (when it changed) …\n');
  const vite = join(ROOT, 'node_modules', 'vite', 'bin', 'vite.js');
  clean();
  const built = join(FRONTEND, `dist.${process.pid}.new`);
  const { status, stdout, stderr } = spawnSync(process.execPath, [vite, 'build', '--outDir', built, '--logLevel', 'warn'], {
    cwd: FRONTEND,
    encoding: 'utf8',
    // A test runner's NODE_ENV would have React's development build made of it, which is what would be served from then on.
    env: { ...process.env, NODE_ENV: 'production' },
  });
  if (status !== 0) {
    process.stderr.write(`The dashboard could not be built:\n${stdout ?? ''}${stderr ?? ''}\n`);
    process.exit(1);
  }
  writeFileSync(join(built, STAMP), sources);
  move(built);
  clean();
  process.stdout.write(`Built in ${Math.round((Date.now() - startedMs) / 1000)} s.\n`);
}
