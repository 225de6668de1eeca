import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const DEADLINE_MS = 15_000;

/** Writes exactly these bytes and gives all that comes back until the other side closes, or until `until` is satisfied. */
export async function rawExchange(port: number, text: string, until?: (answer: string) => boolean): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  socket.on('error', () => undefined);
  const done = new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`not answered in time: ${answer.slice(0, 200)}`)), DEADLINE_MS);
    const end = (): void => {
      clearTimeout(timer);
      resolve();
    };
    socket.on('data', (chunk: Buffer) => {
      answer += chunk.toString('latin1');
      if (until?.(answer) === true) end();
    });
    socket.on('close', end);
  });
  socket.write(text, 'latin1');
  try {
    await done;
  } finally {
    socket.destroy();
  }
  return answer;
}

export async function rawSocket(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** Resolves when the other side has closed; the milliseconds that took. */
export async function closedAfterMs(socket: Socket): Promise<number> {
  const beganMs = performance.now();
  const signal = AbortSignal.timeout(DEADLINE_MS);
  socket.resume();
  if (!socket.destroyed) await once(socket, 'close', { signal });
  return performance.now() - beganMs;
}
