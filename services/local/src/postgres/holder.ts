/**
 * A process that holds one PostgreSQL server for another process and stops it when that one is gone, however it went: the IPC channel between
 * them ends with either. It has its own process group, so that Ctrl-C at the terminal does not reach it.
 */
import { rm } from 'node:fs/promises';
import type { HolderReply, HolderRequest, HolderStart } from './hold.ts';
import { PostgresError } from './errors.ts';
import { startPostgres, type PostgresServer } from './server.ts';

let server: PostgresServer | null = null;
let starting: Promise<PostgresServer> | null = null;
let removeOnStop: string | null = null;
let stopping = false;

function reply(message: HolderReply): void {
  if (process.connected) process.send?.(message);
}

async function stop(): Promise<void> {
  const running = server ?? (await starting?.catch(() => null)) ?? null;
  await running?.stop();
  if (removeOnStop !== null) await rm(removeOnStop, { recursive: true, force: true });
}

function state(): { port: number; pid: number | null; url: string } {
  if (server === null) throw new PostgresError('start_failed', 'the server was not started');
  return { port: server.port, pid: server.pid, url: server.superuserUrl('') };
}

async function start({ options, removeFolder }: HolderStart): Promise<void> {
  removeOnStop = removeFolder;
  const log = (line: string): void => reply({ type: 'log', line });
  starting = startPostgres({ ...options, log, onExit: () => reply({ type: 'exited' }) });
  server = await starting;
}

async function handle(request: HolderRequest): Promise<void> {
  if (request.type === 'start') await start(request);
  else if (request.type === 'kill') await server?.kill(request.signal);
  else if (request.type === 'restart') await server?.restart();
  else await stop();
}

function exit(code: number): void {
  if (stopping) return;
  stopping = true;
  stop().then(
    () => process.exit(code),
    () => process.exit(1),
  );
}

process.on('message', (request: HolderRequest) => {
  handle(request).then(
    () => {
      reply({ type: 'done', id: request.id, ...(request.type === 'stop' ? { port: 0, pid: null, url: '' } : state()) });
    },
    (error: unknown) => {
      const code = error instanceof PostgresError ? error.code : 'start_failed';
      reply({ type: 'failed', id: request.id, code, message: (error as Error).message });
    },
  );
});
process.on('disconnect', () => exit(0));
process.on('SIGTERM', () => exit(0));
process.on('SIGINT', () => exit(0));
