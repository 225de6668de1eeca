import { randomUUID } from 'node:crypto';
import { createLedgerFlow, type Credentials, type LedgerFlow, LedgerFlowError, type VersionedOptions } from '@ledgerflow/client';
import type { Command } from 'commander';
import { CommandError } from './exit-codes.ts';
import { Output, type Streams } from './output/output.ts';
import { Progress } from './output/progress.ts';
import { SignInStore } from './sign-in/store.ts';
import { tokenSource } from './sign-in/token.ts';

export const DEFAULT_URL = 'http://127.0.0.1:8080';

/** How long it is tried: a change until most gateways are back, what only looks as long as a person waits. */
const CHANGE_MS = 30_000;
const READ_MS = 10_000;

/** What a command gets from the process that runs it. */
export interface Surroundings {
  environment: NodeJS.ProcessEnv;
  streams: Streams;
  /** Ctrl-C. */
  signal: AbortSignal;
}

export interface GlobalOptions {
  url?: string;
  json?: boolean;
}

export interface ChangeOptions {
  idempotencyKey?: string;
  ifVersion?: string;
  dryRun?: boolean;
}

/** The address without its last slash; CommandError when it is not one, or has a password in it. */
export function checkedUrl(text: string): string {
  // Not URL.parse, which Node.js 20 lacks.
  const url = URL.canParse(text) ? new URL(text) : null;
  const isOrigin = url !== null && ['http:', 'https:'].includes(url.protocol) && url.username === '' && url.password === '';
  if (!isOrigin || url.search !== '' || url.hash !== '') throw new CommandError('usage', `'${text}' is not an address as ${DEFAULT_URL}`);
  return url.href.replace(/\/+$/, '');
}

/** One run of a command: whom it talks to, and where its results go. */
export class Session {
  readonly output: Output;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  readonly url: string;
  readonly store: SignInStore;
  readonly environment: NodeJS.ProcessEnv;
  private readonly errorStream: NodeJS.WritableStream;
  private client: LedgerFlow | null = null;

  private constructor({ environment, streams, signal }: Surroundings, store: SignInStore, url: string, isJson: boolean) {
    this.environment = environment;
    this.output = new Output(streams, isJson);
    this.progress = new Progress(streams.error);
    this.errorStream = streams.error;
    this.signal = signal;
    this.url = url;
    this.store = store;
  }

  static async open(surroundings: Surroundings, { url, json }: GlobalOptions): Promise<Session> {
    const store = new SignInStore(surroundings.environment);
    const named = url ?? surroundings.environment['LEDGERFLOW_URL'];
    const wanted = named === undefined || named === '' ? ((await store.current()) ?? DEFAULT_URL) : named;
    return new Session(surroundings, store, checkedUrl(wanted), json === true);
  }

  /** Something that a person has to know also when a program reads the result. */
  tell(text: string): void {
    this.errorStream.write(`${text}\n`);
  }

  get api(): LedgerFlow {
    this.client ??= this.apiWith(tokenSource(this.url, this.store, this.environment));
    return this.client;
  }

  /** The API as whoever these are of, whatever else there is. */
  apiWith(credentials: Credentials): LedgerFlow {
    return createLedgerFlow({
      baseUrl: this.url,
      credentials,
      headers: { 'user-agent': 'ledgerflow-cli' },
      retry: { totalMs: READ_MS },
      onRetry: ({ reason, waitMs }) => this.progress.update(`${reason}: trying again in ${Math.ceil(waitMs / 1_000)} s`),
    });
  }

  /** A change of a ledger under one key, whose dry run is said to be one. Interrupted, it says with which key to learn the outcome. */
  async change<T>({ idempotencyKey, ifVersion, dryRun }: ChangeOptions, work: (options: VersionedOptions) => Promise<T>): Promise<T> {
    const key = idempotencyKey ?? randomUUID();
    try {
      const answer = await work({ idempotencyKey: key, ifVersion, signal: this.signal, retry: { totalMs: CHANGE_MS } });
      if (dryRun !== true) return answer;
      if (this.output.isJson) return { ...answer, dryRun: true };
      await this.output.write('dry run: nothing was done\n');
      return answer;
    } catch (error) {
      const isInterrupted = this.signal.aborted && error instanceof LedgerFlowError && error.cause === this.signal.reason;
      if (!isInterrupted) throw error;
      const outcome = error.isOutcomeUnknown
        ? `whether it was done tells the same command with --idempotency-key ${key}`
        : 'it was not done';
      throw new CommandError('interrupted', `interrupted; ${outcome}`, { cause: error });
    } finally {
      this.progress.close();
    }
  }
}

/** Makes the handler of a command: a session, the arguments, the options. */
export type Act = <A extends unknown[], O extends object>(
  work: (session: Session, args: A, options: O & GlobalOptions) => Promise<void>,
) => (...all: unknown[]) => Promise<void>;

export function actIn(surroundings: Surroundings): Act {
  return (work) =>
    async (...all) => {
      const command = all.at(-1) as Command;
      const options = command.optsWithGlobals();
      const session = await Session.open(surroundings, options);
      try {
        await work(session, all.slice(0, -2) as never, options as never);
      } finally {
        session.progress.close();
      }
    };
}
