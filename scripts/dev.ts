/**
 * `npm run dev`: LedgerFlow as `npm start` runs it, started again when a service's sources change, and the dashboard by Vite, which changes it in the open page. Arguments go
 * to `npm start`. Ctrl-C stops both.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { watch } from 'node:fs';
import { join } from 'node:path';
import { createServer } from 'vite';

const ROOT = join(import.meta.dirname, '..');
const PAGE_URL = 'http://127.0.0.1:5173';
/** An editor writes a file in several steps, and a checkout many files. */
const QUIET_MS = 300;
const MADE_BY_RUNNING = /(^|\/)(node_modules|dist|\.cache)\/|\.test\.ts$/;

let services: ChildProcess | null = null;
let isEnding = false;
let isAgain = false;

function start(): void {
  const child = spawn(process.execPath, [join(ROOT, 'services/local/src/main.ts'), '--public-url', PAGE_URL, ...process.argv.slice(2)], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  services = child;
  child.on('exit', (code) => {
    services = null;
    if (isAgain && !isEnding) {
      isAgain = false;
      start();
    } else if (isEnding || code === 0 || code === 2) void end(code ?? 1);
    else console.log(`The services ended with ${code}; they are started again when a source changes.`);
  });
}

const port = process.argv.find((word, at, all) => all[at - 1] === '--port' || word.startsWith('--port='))?.replace('--port=', '') ?? '8080';
process.env['LEDGERFLOW_URL'] ??= `http://127.0.0.1:${port}`;
const page = await createServer({ configFile: join(ROOT, 'frontend/vite.config.ts'), server: { host: '127.0.0.1' } });
await page.listen();
console.log(`The dashboard is at ${PAGE_URL}, as soon as LedgerFlow is ready.`);

let timer: NodeJS.Timeout | undefined;
const watcher = watch(join(ROOT, 'services'), { recursive: true }, (_event, file) => {
  if (file === null || !/\.(ts|sql|proto|json)$/.test(file) || MADE_BY_RUNNING.test(file)) return;
  clearTimeout(timer);
  timer = setTimeout(() => {
    console.log(`services/${file} changed: starting again …`);
    if (services === null) return start();
    // A second signal would end them at once.
    if (isAgain) return;
    isAgain = true;
    services.kill('SIGTERM');
  }, QUIET_MS);
});

async function end(code: number): Promise<void> {
  watcher.close();
  clearTimeout(timer);
  await page.close();
  process.exit(code);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    isEnding = true;
    // A Ctrl-C of the terminal has reached the services already; a second one is theirs as well.
    if (services === null) void end(0);
    else if (signal === 'SIGTERM') services.kill(signal);
  });

start();
