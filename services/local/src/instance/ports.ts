import { connect, createServer } from 'node:net';
import { freePort } from '../postgres/server.ts';
import { until } from '../postgres/processes.ts';
import { UserError } from './user-error.ts';

async function failureOf(host: string, port: number): Promise<NodeJS.ErrnoException | null> {
  return new Promise((done) => {
    const server = createServer();
    server.once('error', done);
    server.listen({ host, port, exclusive: true }, () => server.close(() => done(null)));
  });
}

const POLL_MS = 100;

/** Throws UserError if nobody can listen there; waits that long for one who is on its way out. */
export async function requirePort(host: string, port: number, patienceMs: number): Promise<void> {
  let failure: NodeJS.ErrnoException | null = null;
  const isFree = async (): Promise<boolean> => {
    failure = await failureOf(host, port);
    return failure?.code !== 'EADDRINUSE';
  };
  await until(isFree, patienceMs, POLL_MS);
  const error = failure as NodeJS.ErrnoException | null;
  if (error === null) return;
  if (error.code === 'EADDRINUSE') throw new UserError(`port ${port} on ${host} is taken: choose another by --port`);
  if (error.code === 'EACCES') throw new UserError(`port ${port} needs more rights than this user has: choose one above 1023 by --port`);
  throw new UserError(`cannot listen on ${host}:${port} (${error.code ?? error.message}): see --host and --port`);
}

/** This port of 127.0.0.1 if it is free, else another. */
export async function preferPort(port: number): Promise<number> {
  return port !== 0 && (await failureOf('127.0.0.1', port)) === null ? port : freePort();
}

const CONNECT_TIMEOUT_MS = 3_000;

/** Throws UserError if nothing answers at this host:port. */
export async function requireKafka(address: string): Promise<void> {
  const colon = address.lastIndexOf(':');
  const socket = connect({ host: address.slice(0, colon), port: Number(address.slice(colon + 1)), timeout: CONNECT_TIMEOUT_MS });
  const answers = await new Promise<boolean>((done) => {
    socket.once('connect', () => done(true));
    socket.once('error', () => done(false));
    socket.once('timeout', () => done(false));
  });
  socket.destroy();
  if (!answers) throw new UserError(`no Kafka answers at ${address}: npm run kafka starts one, or leave --kafka away`);
}
