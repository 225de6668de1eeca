import { join } from 'node:path';
import { rm } from 'node:fs/promises';
import { ensureCertificates } from './certificates/index.ts';
import { writeCommandEnvironment, writeDoctorEnvironment } from './instance/command-environment.ts';
import { fillDemo } from './demo.ts';
import { checkDatabaseVersion, makeEphemeralDir, openDataDir, resetDataDir } from './instance/data-dir.ts';
import { lockInstance, type InstanceLock } from './instance/lock.ts';
import { preferPort, requireKafka, requirePort } from './instance/ports.ts';
import { loadState, saveState } from './instance/state.ts';
import { UserError } from './instance/user-error.ts';
import { type StartOptions, urlOf } from './options.ts';
import { CERTIFIED, issuerOf, type Plan, type PlanContext } from './plan.ts';
import { ServiceFailure } from './supervisor/service.ts';
import { Stack } from './supervisor/stack.ts';
import { freePorts } from './postgres/server.ts';
import { welcome } from './welcome.ts';

/** The person at the terminal. */
export interface Terminal {
  say(line: string): void;
  complain(line: string): void;
}

/** After an instance that was killed: how long its last processes are given to go. */
const TAKEOVER_PATIENCE_MS = 20_000;
/** npm passes on a Ctrl-C that the terminal has already sent to all: only a later one is a second one. */
const SECOND_SIGNAL_AFTER_MS = 700;
const EXIT_FORCED = 130;

const seconds = (sinceMs: number): string => ((performance.now() - sinceMs) / 1000).toFixed(1);

/** One run of LedgerFlow on this machine, from the first line to the last. */
class LocalRun {
  private readonly options: StartOptions;
  private readonly makePlan: (context: PlanContext) => Plan;
  private readonly terminal: Terminal;
  private readonly logLevel: string;
  private stack: Stack | null = null;
  private lock: InstanceLock | null = null;
  private ephemeralDir: string | null = null;
  private ending: Promise<number> | null = null;
  private starting: Promise<void> | null = null;
  private forced = false;
  private readonly abort = new AbortController();
  private finish: (exitCode: number) => void = () => undefined;

  constructor(options: StartOptions, makePlan: (context: PlanContext) => Plan, terminal: Terminal, logLevel: string) {
    this.options = options;
    this.makePlan = makePlan;
    this.terminal = terminal;
    this.logLevel = logLevel;
  }

  /** Resolves to the exit code when everything has ended. */
  async run(): Promise<number> {
    const finished = new Promise<number>((done) => (this.finish = done));
    this.listenToSignals();
    this.starting = this.start(performance.now()).catch((error: unknown) => this.fail(error));
    return finished;
  }

  private listenToSignals(): void {
    let firstAt: number | null = null;
    const stop = (name: string): void => {
      if (firstAt === null) {
        firstAt = performance.now();
        this.terminal.say(name === 'SIGINT' ? '\nStopping … (Ctrl-C again to force)' : 'Stopping …');
        void this.end(0);
      } else if (performance.now() - firstAt > SECOND_SIGNAL_AFTER_MS) {
        void this.force();
      }
    };
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stop(name));
  }

  private fail(error: unknown): void {
    if (this.ending !== null) return;
    const { message, stack } = error as Error;
    const known = error instanceof UserError || error instanceof ServiceFailure;
    this.terminal.complain(known ? message : (stack ?? message));
    void this.end(known ? error.exitCode : 1);
  }

  private end(exitCode: number): Promise<number> {
    this.ending ??= (async () => {
      const since = performance.now();
      this.abort.abort();
      await this.stack?.stop();
      await this.starting;
      if (this.ephemeralDir !== null) await rm(this.ephemeralDir, { recursive: true, force: true });
      await this.lock?.release();
      if (this.stack !== null && exitCode === 0 && !this.forced) this.terminal.say(`Stopped in ${seconds(since)} s.`);
      this.finish(this.forced ? EXIT_FORCED : exitCode);
      return exitCode;
    })();
    return this.ending;
  }

  private async force(): Promise<void> {
    if (this.forced) return;
    this.forced = true;
    this.terminal.say('Ending at once.');
    await this.stack?.force();
    if (this.ephemeralDir !== null) await rm(this.ephemeralDir, { recursive: true, force: true });
    await this.lock?.release();
    this.finish(EXIT_FORCED);
  }

  private async openFolder(): Promise<string> {
    const { options, terminal } = this;
    if (options.ephemeral) {
      this.ephemeralDir = await makeEphemeralDir();
      terminal.say('Nothing of this run is kept (--ephemeral).');
      return this.ephemeralDir;
    }
    await openDataDir(options.dataDir);
    this.lock = await lockInstance(options.dataDir, urlOf(options));
    if (options.reset) {
      await resetDataDir(options.dataDir);
      terminal.say(`Deleted what was in ${options.dataDir} (--reset).`);
    }
    await checkDatabaseVersion(options.dataDir);
    return options.dataDir;
  }

  private async start(since: number): Promise<void> {
    const { options, terminal } = this;
    const dataDir = await this.openFolder();
    const patienceMs = this.lock?.tookOver === true ? TAKEOVER_PATIENCE_MS : 0;
    await requirePort(options.host, options.port, patienceMs);
    if (options.kafka !== null) await requireKafka(options.kafka);
    const state = await loadState(dataDir);
    const stack = await Stack.open(join(dataDir, 'logs'), { say: (line) => terminal.say(line), fatal: (error) => this.fail(error) });
    this.stack = stack;
    terminal.say('Starting LedgerFlow …');
    const [keeper, certificates] = await this.timed('PostgreSQL 18', () =>
      Promise.all([
        stack.startPostgres(join(dataDir, 'postgres'), this.ephemeralDir, patienceMs),
        ensureCertificates(join(dataDir, 'certificates'), CERTIFIED),
      ]),
    );
    const identityPort = await preferPort(state.identityPort);
    const [writerPort = 0, writerOpsPort = 0, builderOpsPort = 0] = await freePorts(3);
    state.identityPort = identityPort;
    await saveState(dataDir, state);
    const superuserUrl = (database?: string): string => keeper.superuserUrl(database);
    const context = {
      options,
      dataDir,
      state,
      certificates,
      superuserUrl,
      writerPort,
      writerOpsPort,
      builderOpsPort,
      identityPort,
      logLevel: this.logLevel,
    };
    const plan = this.makePlan(context);
    // The identity provider needs no database: its start takes the time of the bootstrap.
    await Promise.all([
      this.bootstrap(plan, stack),
      this.timed(plan.identity.title, () => stack.startService(plan.identity), plan.identity.name),
    ]);
    // Side by side: each waits for those it needs by itself, and on two cores this takes half the time.
    await Promise.all(plan.services.map((service) => this.timed(service.title, () => stack.startService(service), service.name)));
    const builder = plan.services.find(({ name }) => name === 'read-model-builder');
    if (builder !== undefined) await writeCommandEnvironment(dataDir, builder.environment);
    await writeDoctorEnvironment(dataDir, plan.doctor);
    const apiUrl = urlOf(options);
    if (options.demo && !state.demoDone) {
      await this.timed('demo ledger', () => fillDemo(apiUrl, issuerOf(context), this.abort.signal), 'demo ledger');
      state.demoDone = true;
      await saveState(dataDir, state);
    }
    const metricsPorts = { 'ledger writer': writerOpsPort, 'read model builder': builderOpsPort };
    terminal.say(welcome({ options, apiUrl, metricsPorts, dataDir, startSeconds: seconds(since), hasDemo: state.demoDone }));
  }

  private async bootstrap(plan: Plan, stack: Stack): Promise<void> {
    if (plan.bootstraps.length === 0) return;
    await this.timed('databases', () => stack.runTasks(plan.bootstraps));
  }

  private async timed<T>(title: string, work: () => Promise<T>, name?: string): Promise<T> {
    const since = performance.now();
    try {
      const result = await work();
      if (this.ending === null) this.terminal.say(`  ${title.padEnd(20)} ready in ${seconds(since)} s`);
      return result;
    } catch (error) {
      if (error instanceof UserError || name === undefined) throw error;
      const { message } = error as Error;
      const logFile = join(this.ephemeralDir ?? this.options.dataDir, 'logs', `${name}.log`);
      throw new ServiceFailure(
        `${title} did not start: ${message}${this.ephemeralDir === null ? ` (${logFile})` : ''}`,
        error instanceof ServiceFailure ? error.exitCode : 1,
      );
    }
  }
}

/** Runs a plan until it is told to stop or cannot go on; resolves to the exit code, with no process left. */
export async function runLocal(
  options: StartOptions,
  makePlan: (context: PlanContext) => Plan,
  terminal: Terminal,
  logLevel: string,
): Promise<number> {
  return new LocalRun(options, makePlan, terminal, logLevel).run();
}
