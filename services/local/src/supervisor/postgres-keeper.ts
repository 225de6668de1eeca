import { holdPostgres, PostgresError, type PostgresServer } from '../postgres/index.ts';
import { until } from '../postgres/processes.ts';
import { UserError } from '../instance/user-error.ts';
import { Backoff } from './backoff.ts';
import type { LogFile } from './log-file.ts';
import type { ServiceEvents } from './service.ts';

export interface KeeperOptions {
  dataDir: string;
  log: LogFile;
  events: ServiceEvents;
  /** Deleted when the server stops, even if this process is killed. */
  removeFolder: string | null;
  /** How long to wait for an earlier server on this folder that is on its way out. */
  patienceMs: number;
}

const RETRY_MS = 200;

/** The embedded server, started again on the same port when it ends unasked. */
export class PostgresKeeper {
  private readonly options: KeeperOptions;
  private readonly backoff = new Backoff();
  private server: PostgresServer | null = null;
  private port: number | undefined;
  private stopping = false;
  private upSince = 0;
  private starting: Promise<void> | null = null;

  constructor(options: KeeperOptions) {
    this.options = options;
  }

  superuserUrl(database?: string): string {
    if (this.server === null) throw new Error('PostgreSQL is not running');
    return this.server.superuserUrl(database);
  }

  private async hold(): Promise<void> {
    const { dataDir, log, removeFolder } = this.options;
    const server = await holdPostgres(
      { dataDir, port: this.port, log: (line) => log.line(line), onExit: () => this.ended(server) },
      removeFolder,
    );
    this.server = server;
    this.port = server.port;
    this.upSince = performance.now();
    if (this.stopping) await server.stop();
  }

  start(): Promise<void> {
    this.starting = this.startPatiently();
    return this.starting;
  }

  private async startPatiently(): Promise<void> {
    let failure: Error | null = null;
    const attempt = async (): Promise<boolean> => {
      failure = await this.hold().then(
        () => null,
        (error: Error) => error,
      );
      return !(failure instanceof PostgresError && failure.code === 'already_running');
    };
    await until(attempt, this.options.patienceMs, RETRY_MS);
    const error = failure as Error | null;
    if (error === null) return;
    throw error instanceof PostgresError ? new UserError(error.message) : error;
  }

  private ended(server: PostgresServer): void {
    if (!this.stopping && server === this.server) void this.restart(server);
  }

  private async restart(server: PostgresServer): Promise<void> {
    let upMs = performance.now() - this.upSince;
    let reason = 'PostgreSQL ended unexpectedly';
    while (!this.stopping) {
      const delayMs = this.backoff.next(upMs);
      this.options.events.say(`${reason}: starting it again in ${delayMs / 1000} s (${this.options.log.path})`);
      await new Promise((done) => setTimeout(done, delayMs));
      if (this.stopping) return;
      try {
        await server.restart().catch(async (error: Error) => {
          // The process that held the server went with it: another one takes over.
          if (!(error instanceof PostgresError && error.code === 'holder_lost')) throw error;
          await this.hold();
        });
        this.upSince = performance.now();
        return this.options.events.say('PostgreSQL is back');
      } catch (error) {
        const said = (error as Error).message.split('\n')[0] ?? '';
        reason = said.startsWith('PostgreSQL') ? said : `PostgreSQL did not start: ${said}`;
        upMs = 0;
      }
    }
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await this.starting?.catch(() => undefined);
    await this.server?.stop();
  }
}
