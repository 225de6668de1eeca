/**
 * Makes node_modules what package-lock.json says before `npm start` (argument `run`: without the tests' packages) or `npm test` (argument `test`: all of them and
 * their other prerequisites). Says nothing when there is nothing to do. Runs on the machine's own Node, 20 or later: plain JavaScript, no packages.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const MODULES = join(ROOT, 'node_modules');
const LOCK = join(ROOT, 'package-lock.json');
/** npm's own note of what it installed; written last, so a folder without it is incomplete. */
const INSTALLED = join(MODULES, '.package-lock.json');
/** Held by a stack that runs on the default data folder (services/local/src/instance/lock.ts). */
const INSTANCE = join(ROOT, '.ledgerflow', 'instance.lock');
const STAMP = join(MODULES, '.ledgerflow-install.json');
const NODE_MAJOR_MIN = 20;
const JAVA_MAJOR_MIN = 17;
/** Field of /proc/PID/stat after the command name. */
const START_TIME_FIELD = 19;
const PROGRESS_INTERVAL_MS = 5_000;
const OUTPUT_LINES_MAX = 12;
const MIB = 1_048_576;

function fail(message, code = 1) {
  process.stderr.write(`${message}\n`);
  process.exit(code);
}

const read = (file) => (existsSync(file) ? readFileSync(file, 'utf8') : null);

/** What the stamp remembers: if none of it changed, the last check still holds. */
function state() {
  const installed = statSync(INSTALLED, { throwIfNoEntry: false });
  return { lock: createHash('sha256').update(readFileSync(LOCK)).digest('hex'), installedAt: installed?.mtimeMs ?? null };
}

function readStamp() {
  try {
    return JSON.parse(read(STAMP) ?? 'null');
  } catch {
    return null;
  }
}

const packagesOf = (text) =>
  Object.entries(JSON.parse(text ?? '{}').packages ?? {}).filter(([path, entry]) => path.startsWith('node_modules/') && !entry.link);

/** What is in node_modules, whoever installed it: 'full', 'run' (without the tests' packages) or 'none' (missing or out of date). */
function inspect() {
  let installed;
  try {
    installed = new Map(packagesOf(read(INSTALLED)));
  } catch {
    return 'none';
  }
  const wanted = packagesOf(read(LOCK)).filter(([, entry]) => !entry.optional && !entry.devOptional && !entry.peer);
  const isThere = ([path, entry]) => installed.get(path)?.version === entry.version && existsSync(join(ROOT, path));
  if (!existsSync(join(MODULES, '.bin', 'node')) || !wanted.filter(([, entry]) => !entry.dev).every(isThere)) return 'none';
  return wanted.every(isThere) ? 'full' : 'run';
}

/** An out-of-date folder that had the tests' packages gets them again. */
function hadTestPackages() {
  try {
    return packagesOf(read(INSTALLED)).some(([, entry]) => entry.dev === true);
  } catch {
    return false;
  }
}

/** npm moves folders while they are looked at. */
function entriesOf(folder) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

function sizeMiB(folder) {
  let bytes = 0;
  const linked = new Set();
  const folders = [folder];
  for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
    for (const entry of entriesOf(next)) {
      const path = join(next, entry.name);
      if (entry.isDirectory()) {
        folders.push(path);
        continue;
      }
      const file = lstatSync(path, { throwIfNoEntry: false });
      if (file === undefined || linked.has(file.ino)) continue;
      if (file.nlink > 1) linked.add(file.ino);
      bytes += file.size;
    }
  }
  return Math.round(bytes / MIB);
}

function packageCount() {
  return entriesOf(MODULES).reduce((sum, { name }) => {
    if (name.startsWith('.')) return sum;
    return sum + (name.startsWith('@') ? entriesOf(join(MODULES, name)).length : 1);
  }, 0);
}

/** The npm that runs us, else the one on PATH. */
function npm(words) {
  const cli = process.env.npm_execpath;
  return cli !== undefined && /\.c?js$/.test(cli)
    ? [process.execPath, [cli, ...words]]
    : [process.platform === 'win32' ? 'npm.cmd' : 'npm', words];
}

const OFFLINE = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ENOTCACHED|network/;

function explain(lines, code, npmCommand) {
  const text = lines.join('\n');
  const offline = OFFLINE.exec(text);
  if (offline !== null)
    return `npm cannot reach its registry (${offline[0]}). LedgerFlow needs it once, to install what it runs: check the network or npm's proxy and registry settings.`;
  if (/ENOSPC/.test(text)) return `There is no room left for node_modules in ${ROOT} (ENOSPC).`;
  if (/EACCES|EROFS|EPERM/.test(text)) return `${ROOT} cannot be written: npm needs to make node_modules there.`;
  return `npm ${npmCommand[0]} failed with exit code ${code}:\n${lines.slice(-OUTPUT_LINES_MAX).join('\n')}`;
}

/** The stack of this folder, if one runs: a later process with its id is not taken for it. */
function runningStack() {
  let holder;
  try {
    holder = JSON.parse(read(INSTANCE) ?? 'null');
    process.kill(holder.pid, 0);
  } catch (error) {
    if (error.code !== 'EPERM') return null;
  }
  const stat = read(`/proc/${holder.pid}/stat`);
  const startTime = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[START_TIME_FIELD] ?? null;
  return holder.startTime === null || holder.startTime === startTime ? holder : null;
}

/** Makes node_modules anew. */
const ANEW = ['ci'];
/** Adds what is missing and leaves what is right where it is. */
const ADD = ['install', '--no-save'];

/** npm with that command, with a line every few seconds; resolves to its exit code and what it said. What ADD made of package-lock.json is undone, and that is said; `npm ci` writes none. */
function install(full, npmCommand) {
  const [command, words] = npm([
    ...npmCommand,
    ...(full ? ['--include=dev'] : ['--omit=dev']),
    '--include=optional',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ]);
  const lines = [];
  const lock = npmCommand === ADD ? readFileSync(LOCK) : null;
  return new Promise((done) => {
    const started = Date.now();
    const child = spawn(command, words, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'], shell: command.endsWith('.cmd') });
    const progress = setInterval(() => {
      const size = sizeMiB(MODULES);
      // npm makes all folders first and fills them later.
      const what = size === 0 ? 'finding and fetching packages' : `${packageCount()} packages, ${size} MB`;
      process.stdout.write(`  ${Math.round((Date.now() - started) / 1000)} s, ${what} …\n`);
    }, PROGRESS_INTERVAL_MS);
    const end = (code, message) => {
      clearInterval(progress);
      if (message !== undefined) lines.push(message);
      if (lock !== null && !readFileSync(LOCK).equals(lock)) {
        writeFileSync(LOCK, lock);
        process.stdout.write('package-lock.json is as it was before the installation.\n');
      }
      done({ code, lines });
    };
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => lines.push(...text.split('\n').filter((line) => line.trim() !== '')));
    }
    child.once('error', (error) => end(1, error.message));
    child.once('close', (code, signal) => end(signal === null ? code : 130));
  });
}

/** The package `node` fetches its binary in an install script, which npm can be told not to run. */
function ensureNode() {
  const answers = () => spawnSync(join(MODULES, '.bin', 'node'), ['--version'], { encoding: 'utf8' }).stdout?.startsWith('v') === true;
  if (answers()) return;
  const [command, words] = npm(['rebuild', 'node', '--ignore-scripts=false', '--loglevel=error']);
  spawnSync(command, words, { cwd: ROOT, stdio: 'ignore', shell: command.endsWith('.cmd') });
  if (!answers())
    fail('Node 24 (npm package "node") is not complete: its install script did not run. Try: npm rebuild node --ignore-scripts=false');
}

function commandExists(name) {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .some((folder) => existsSync(join(folder, process.platform === 'win32' ? `${name}.cmd` : name)));
}

/** The tests run a real Apache Kafka and a real OpenSearch: Maven fetches them, Java runs them. */
function checkTestTools() {
  const java = spawnSync('java', ['-version'], { encoding: 'utf8' });
  const major = Number(/version "(?:1\.)?(\d+)/.exec(`${java.stderr ?? ''}${java.stdout ?? ''}`)?.[1] ?? 0);
  const problems = [];
  if (major < JAVA_MAJOR_MIN) problems.push(`Java ${JAVA_MAJOR_MIN} or later (${major === 0 ? 'there is none' : `this is Java ${major}`})`);
  if (!commandExists('mvn')) problems.push('Maven (mvn)');
  if (problems.length > 0)
    fail(
      `The tests run a real Apache Kafka and a real OpenSearch and need ${problems.join(' and ')} on the PATH. npm start needs neither.`,
    );
}

async function main() {
  const full = process.argv[2] !== 'run';
  const nodeMajor = Number(process.versions.node.split('.')[0]);
  if (nodeMajor < NODE_MAJOR_MIN) fail(`LedgerFlow needs Node ${NODE_MAJOR_MIN} or later; this is Node ${process.versions.node}.`);
  if (!existsSync(LOCK)) fail(`${LOCK} is missing: this is not a complete copy of LedgerFlow.`);
  if (process.argv[2] === 'test') checkTestTools();

  const stamp = readStamp();
  const now = state();
  const isStamped = stamp !== null && stamp.lock === now.lock && stamp.installedAt === now.installedAt && now.installedAt !== null;
  const kind = isStamped ? stamp.kind : inspect();
  const enough = kind === 'full' || (kind === 'run' && !full);
  if (!enough) {
    const withTests = full || hadTestPackages();
    const started = Date.now();
    let npmCommand = kind === 'none' ? ANEW : ADD;
    const stack = npmCommand === ANEW ? runningStack() : null;
    if (stack !== null)
      fail(`LedgerFlow runs from this folder (process ${stack.pid}, ${stack.url}): stop it first. Its packages have to be installed anew.`);
    const what = npmCommand === ADD ? "the tests' packages" : withTests ? 'all packages' : 'what LedgerFlow runs';
    process.stdout.write(`Installing ${what} (once; npm ${npmCommand[0]}) …\n`);
    let { code, lines } = await install(withTests, npmCommand);
    // npm writes no lock entry for a platform's package that its registry lacks, and then refuses its own lock. `install` keeps to all versions that are in it.
    if (code !== 0 && lines.some((line) => line.includes('EUSAGE'))) {
      npmCommand = ADD;
      ({ code, lines } = await install(withTests, npmCommand));
    }
    if (code !== 0)
      fail(code === 130 ? 'Interrupted: the next start installs again.' : explain(lines, code, npmCommand), code === 130 ? 130 : 1);
    process.stdout.write(
      `Installed ${packageCount()} packages, ${sizeMiB(MODULES)} MB, in ${Math.round((Date.now() - started) / 1000)} s.\n`,
    );
  }
  if (!isStamped || !enough) {
    ensureNode();
    try {
      writeFileSync(STAMP, JSON.stringify({ ...state(), kind: inspect() }));
    } catch {
      // A node_modules that cannot be written is checked in full each time.
    }
  }
}

await main();
