import { execFile } from 'node:child_process';
import { setPriority } from 'node:os';
import { promisify } from 'node:util';
import { spawnGuarded } from './guard.ts';

const run = promisify(execFile);
const GO_MINOR_MIN = 26;
const VERSION_TIMEOUT_MS = 20_000;
/** One program; the longest, kube-apiserver, takes 7 minutes on two idle cores. */
const BUILD_TIMEOUT_MS = 3_600_000;
/** The tests that run meanwhile come first. */
const BUILD_NICENESS = 10;
const OUTPUT_MAX = 4_000;

/** A machine that can not run what a test needs; the message says what to install. */
export class ProgramSetupError extends Error {
  override name = 'ProgramSetupError';
}

/** What a machine that builds nothing lacks. */
export const GO_WANTED = `Go 1.${GO_MINOR_MIN} or later on the PATH`;

/** Why this machine can not build, in few words; null when it can. */
export async function goProblem(): Promise<string | null> {
  const version = await run('go', ['version'], { timeout: VERSION_TIMEOUT_MS, env: process.env }).then(
    ({ stdout }) => stdout.trim(),
    () => null,
  );
  if (version === null) return 'there is no Go';
  const [, major, minor] = /go(\d+)\.(\d+)/.exec(version) ?? [];
  return Number(major) > 1 || Number(minor) >= GO_MINOR_MIN ? null : `this is ${version}`;
}

/** Runs a program of the build to its end; what it wrote to its standard output. Throws ProgramSetupError with the end of all it wrote. */
export async function execute(
  command: string,
  args: readonly string[],
  cwd: string,
  environment: NodeJS.ProcessEnv,
  timeoutMs: number,
): Promise<string> {
  const guarded = spawnGuarded(command, args, { cwd, environment });
  if (guarded.child.pid !== undefined) setPriority(guarded.child.pid, BUILD_NICENESS);
  let output = '';
  let stdout = '';
  guarded.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    output = (output + text).slice(-OUTPUT_MAX);
  });
  guarded.child.stderr?.setEncoding('utf8').on('data', (text: string) => (output = (output + text).slice(-OUTPUT_MAX)));
  const timer = setTimeout(() => guarded.signal('SIGKILL'), timeoutMs);
  const how = await guarded.ended;
  clearTimeout(timer);
  if (how !== 'exit code 0') throw new ProgramSetupError(`${command} ${args.join(' ')}: ${how}\n${output}`);
  return stdout;
}

/** A go command in the folder of a go.mod, which pins everything. */
export async function go(folder: string, args: readonly string[]): Promise<string> {
  const environment = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false -mod=readonly', GOWORK: 'off' };
  return execute('go', args, folder, environment, BUILD_TIMEOUT_MS);
}
