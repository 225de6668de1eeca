import { mkdir } from 'node:fs/promises';
import { LogFile } from './log-file.ts';
import { PostgresKeeper } from './postgres-keeper.ts';
import { runTask, type TaskSpec } from './task.ts';
import { Service, type ServiceEvents, type ServiceSpec } from './service.ts';

const FORCED_STOP_MS = 5_000;

/** Everything that runs, in the order in which it was started; stopped in the reverse of it. */
export class Stack {
  private readonly logsDir: string;
  private readonly events: ServiceEvents;
  private readonly logs: LogFile[] = [];
  private readonly running: { title: string; stop: (timeoutMs?: number) => Promise<boolean> }[] = [];
  private stopped: Promise<void> | null = null;
  private forced = false;
  private readonly abort = new AbortController();

  private constructor(logsDir: string, events: ServiceEvents) {
    this.logsDir = logsDir;
    this.events = events;
  }

  static async open(logsDir: string, events: ServiceEvents): Promise<Stack> {
    await mkdir(logsDir, { recursive: true, mode: 0o700 });
    return new Stack(logsDir, events);
  }

  openLog(name: string): LogFile {
    const log = new LogFile(this.logsDir, name);
    this.logs.push(log);
    return log;
  }

  /** Something was asked to stop while it was being started: what comes next must not start. */
  private checkGoingOn(): void {
    if (this.stopped !== null) throw new Error('stopped while starting');
  }

  async startPostgres(dataDir: string, removeFolder: string | null, patienceMs: number): Promise<PostgresKeeper> {
    this.checkGoingOn();
    const keeper = new PostgresKeeper({ dataDir, log: this.openLog('postgres'), events: this.events, removeFolder, patienceMs });
    this.running.push({ title: 'PostgreSQL', stop: async () => keeper.stop().then(() => true) });
    await keeper.start();
    return keeper;
  }

  /** Runs short programs side by side, to their ends. */
  async runTasks(tasks: readonly TaskSpec[]): Promise<void> {
    this.checkGoingOn();
    const results = await Promise.allSettled(tasks.map((task) => runTask(task, this.openLog(task.name), this.abort.signal)));
    const failure = results.find((result) => result.status === 'rejected');
    if (failure !== undefined) throw failure.reason;
  }

  /** Starts a service; it will be stopped before what was added before it. Add in order, then wait for as many as may start side by side. */
  async startService(spec: ServiceSpec): Promise<void> {
    this.checkGoingOn();
    const service = new Service(spec, this.openLog(spec.name), this.events);
    this.running.push({ title: spec.title, stop: (timeoutMs) => service.stop(timeoutMs) });
    await service.start();
  }

  /** Stops all, the last started first, each within a bound; says which had to be killed. */
  stop(): Promise<void> {
    this.abort.abort();
    this.stopped ??= (async () => {
      for (const { title, stop } of this.running.reverse()) {
        const graceful = await stop(this.forced ? 0 : undefined).catch(() => false);
        if (!graceful) this.events.say(`${title} did not stop in time and was ended`);
      }
      for (const log of this.logs) log.close();
    })();
    return this.stopped;
  }

  /** A second Ctrl-C: no more waiting for any service. PostgreSQL still gets its moment, so that the next start is quick. */
  async force(): Promise<void> {
    this.forced = true;
    const done = this.stop();
    await Promise.all(this.running.filter(({ title }) => title !== 'PostgreSQL').map(async ({ stop }) => stop(0)));
    await Promise.race([done, new Promise((resolve) => setTimeout(resolve, FORCED_STOP_MS).unref())]);
  }
}
