/** `npm run test:fuzz`: schemathesis against the /openapi.json of a LedgerFlow of its own. Everything it starts is thrown away at the end. */
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '@ledgerflow/local/postgres';
import { ProgramSetupError } from '../programs/go.ts';
import { spawnGuarded } from '../programs/guard.ts';
import { Stack } from '../stack/stack.ts';
import { EXIT_INTERRUPTED, EXIT_USAGE, explain, interruption, printResult } from '../terminal/index.ts';
import { type FuzzOptions, isShort, parseFuzzOptions, schemathesisArguments } from './options.ts';
import { ensureSchemathesis } from './program.ts';
import { conclude, type SchemathesisReport, showStatuses, type StatusesSeen } from './report.ts';
import { seed } from './seed.ts';

const CONFIG = join(import.meta.dirname, 'schemathesis.toml');
const HOOKS = join(import.meta.dirname, 'hooks.py');
/** A run that is bound by its examples alone takes some minutes; one that takes so long hangs. */
const RUN_MS_MAX = 3_600_000;
/** After its seconds schemathesis finishes the request it is at and writes its report. */
const END_MS_MAX = 60_000;
const INTERRUPTED_MS_MAX = 10_000;
const TOKEN_SECONDS = 2 * 86_400;

const say = (line: string): void => void process.stderr.write(`${line}\n`);

/** Runs schemathesis to its end and shows all it says; what it found, or why it did not get so far. */
async function runSchemathesis(program: string, options: FuzzOptions, stack: Stack, folder: string, interrupted: AbortSignal) {
  const report = join(folder, 'report.json');
  const statuses = join(folder, 'statuses.json');
  const known = await seed(stack);
  const token = await stack.issuer.token({ roles: ['viewer', 'operator', 'auditor', 'admin'], expiresInSeconds: TOKEN_SECONDS });
  const { PATH = '', HOME = '' } = process.env;
  const guarded = spawnGuarded(program, schemathesisArguments(options, { url: stack.url, config: CONFIG, report }), {
    cwd: folder,
    environment: {
      PATH,
      HOME,
      SCHEMATHESIS_HOOKS: HOOKS,
      PYTHONDONTWRITEBYTECODE: '1',
      FUZZ_TOKEN: token,
      FUZZ_URL: stack.url,
      FUZZ_SEED: JSON.stringify(known),
      FUZZ_STATUSES: statuses,
    },
  });
  guarded.child.stdout?.pipe(process.stdout, { end: false });
  guarded.child.stderr?.pipe(process.stderr, { end: false });
  const end = (): void => guarded.signal('SIGKILL');
  let ending: NodeJS.Timeout | undefined;
  // It shows what it has found so far.
  const interrupt = (): void => {
    guarded.signal('SIGINT');
    ending = setTimeout(end, INTERRUPTED_MS_MAX);
  };
  interrupted.addEventListener('abort', interrupt, { once: true });
  const bound = setTimeout(end, options.seconds === undefined ? RUN_MS_MAX : options.seconds * 1_000 + END_MS_MAX);
  const how = await guarded.ended;
  clearTimeout(bound);
  clearTimeout(ending);
  if (interrupted.aborted) throw new Error('interrupted');
  if (!existsSync(report) || !existsSync(statuses)) throw new Error(`schemathesis ended without a report: ${how}`);
  return {
    report: JSON.parse(await readFile(report, 'utf8')) as SchemathesisReport,
    statuses: JSON.parse(await readFile(statuses, 'utf8')) as StatusesSeen,
  };
}

async function main(argv: readonly string[]): Promise<number> {
  const parsed = parseFuzzOptions(argv);
  if ('exitCode' in parsed) return parsed.exitCode;
  const { options } = parsed;
  const interrupted = interruption();
  const folder = await mkdtemp(join(tmpdir(), 'ledgerflow-fuzz-'));
  let stack: Stack | null = null;
  try {
    const program = await ensureSchemathesis(say);
    say(`Seed ${options.seed}. Starting PostgreSQL, writer, builder and gateway …`);
    const [writerOps = 0, builderOps = 0] = await freePorts(2);
    stack = await Stack.start({
      environment: {
        'ledger-writer': { OPS_PORT: String(writerOps) },
        'read-model-builder': { OPS_PORT: String(builderOps) },
        'admin-gateway': { OPS_ADDRESSES: `ledger-writer=127.0.0.1:${writerOps},read-model-builder=127.0.0.1:${builderOps}` },
      },
    });
    say('Event streams are read for 2 s or 3 events each.');
    const { report, statuses } = await runSchemathesis(program, options, stack, folder, interrupted);
    const { ok, line } = conclude(report, statuses, { isShort: isShort(options) });
    const ended = [...stack.writers, ...stack.builders, ...stack.gateways].filter(({ running }) => !running).map(({ name }) => name);
    const faults = ended.map((name) => `${name} ended\n`).join('');
    await printResult(`${showStatuses(statuses)}${faults}seed ${options.seed}: ${line}\n`);
    return ok && ended.length === 0 ? 0 : 1;
  } catch (error) {
    if (interrupted.aborted) {
      say('Interrupted: nothing was concluded.');
      return EXIT_INTERRUPTED;
    }
    if (!(error instanceof ProgramSetupError)) return explain(error);
    say(error.message);
    return EXIT_USAGE;
  } finally {
    await stack?.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

process.exitCode = await main(process.argv.slice(2));
