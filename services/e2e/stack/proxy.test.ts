import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { TcpProxy } from './proxy.ts';
import { until } from './wait.ts';

/** A server that answers every piece with the same in capitals, and remembers what arrived. */
async function shouter(): Promise<{ server: Server; port: number; heard: string[] }> {
  const heard: string[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      heard.push(bytes.toString());
      socket.write(bytes.toString().toUpperCase());
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return { server, port: (server.address() as AddressInfo).port, heard };
}

describe('a proxy between two services', () => {
  const closing: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).toReversed()) await close();
  });

  async function open(): Promise<{ proxy: TcpProxy; heard: string[]; dial: () => Socket }> {
    const { server, port, heard } = await shouter();
    const proxy = await TcpProxy.open(port);
    const dial = (): Socket => {
      const socket = connect(proxy.port, '127.0.0.1');
      socket.on('error', () => undefined);
      closing.push(() => socket.destroy());
      return socket;
    };
    closing.push(
      () => server.close(),
      () => proxy.close(),
    );
    return { proxy, heard, dial };
  }

  it('passes bytes both ways, and an end', async () => {
    const { dial } = await open();
    const socket = dial();
    socket.write('hello');
    expect(String((await once(socket, 'data'))[0])).toBe('HELLO');
    socket.end();
    await once(socket, 'close');
  });

  it('resets all connections, and takes new ones', async () => {
    const { proxy, dial } = await open();
    const socket = dial();
    socket.write('a');
    await once(socket, 'data');
    const failed = once(socket, 'error').catch((error: unknown) => [error]);
    expect(proxy.reset()).toBe(1);
    expect(String((await failed)[0])).toContain('ECONNRESET');
    const next = dial();
    next.write('b');
    expect(String((await once(next, 'data'))[0])).toBe('B');
  });

  it('goes silent for old and new connections, and delivers late', async () => {
    const { proxy, heard, dial } = await open();
    const socket = dial();
    socket.write('a');
    await once(socket, 'data');
    proxy.stall();
    const late = dial();
    await once(late, 'connect');
    socket.write('b');
    late.write('c');
    const answers = Promise.all([once(socket, 'data'), once(late, 'data')]);
    expect(heard).toEqual(['a']);
    proxy.resume();
    expect((await answers).map(([bytes]) => String(bytes))).toEqual(['B', 'C']);
  });

  it('cuts before the bytes arrive, or before the answer comes back', async () => {
    const { proxy, heard, dial } = await open();
    proxy.tap = (bytes) => (bytes.includes('never') ? 'cut' : bytes.includes('commit') ? 'pass and cut' : 'pass');
    for (const text of ['never', 'commit']) {
      const socket = dial();
      socket.write(text);
      await new Promise<void>((done) => socket.once('close', () => done()));
    }
    await until('the second one is there', () => heard.length > 0);
    expect(heard).toEqual(['commit']);
  });
});
