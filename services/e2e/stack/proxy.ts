import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** What becomes of bytes that a client sends: they go on; they go on and the connection is reset before the answer; the connection is reset and they never arrive. */
export type Passage = 'pass' | 'pass and cut' | 'cut';

/** Looks at what clients send, a piece at a time; a statement of a database client is in one piece. */
export type Tap = (bytes: Buffer) => Passage;

interface Pair {
  client: Socket;
  server: Socket;
}

const HOST = '127.0.0.1';

/**
 * RST where it can be sent. A socket whose end is under way is only destroyed: asked for a reset, libuv refuses, its handle is never closed, and Node spins for ever
 * when the process is to end (24.21: uv_tcp_close_reset answers EINVAL, which nobody looks at).
 */
function cut(socket: Socket): void {
  if (socket.destroyed) return;
  if (socket.writableEnded || socket.connecting) socket.destroy();
  else socket.resetAndDestroy();
}

/** A TCP connection between two processes, in our hands: it can be reset, and it can go silent without being closed. */
export class TcpProxy {
  tap: Tap | null = null;
  private readonly listener: Server;
  private readonly target: number;
  private readonly pairs = new Set<Pair>();
  private isStalled = false;

  private constructor(target: number) {
    this.target = target;
    // Half-open, so that one side's end is passed on as an end.
    this.listener = createServer({ allowHalfOpen: true }, (client) => this.accept(client));
  }

  static async open(targetPort: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(targetPort);
    await new Promise<void>((done, fail) => {
      proxy.listener.once('error', fail).listen(0, HOST, done);
    });
    return proxy;
  }

  get port(): number {
    return (this.listener.address() as AddressInfo).port;
  }

  private accept(client: Socket): void {
    const server = connect({ port: this.target, host: HOST, allowHalfOpen: true, noDelay: true });
    client.setNoDelay(true);
    const pair = { client, server };
    this.pairs.add(pair);
    const drop = (): void => {
      this.pairs.delete(pair);
      cut(client);
      cut(server);
    };
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.on('error', drop);
      from.on('end', () => to.end());
      from.on('close', () => {
        if (client.destroyed && server.destroyed) this.pairs.delete(pair);
        else if (!to.writableEnded) to.end();
      });
      to.on('drain', () => void (this.isStalled || from.resume()));
    }
    client.on('data', (bytes) => this.forward(pair, bytes));
    server.on('data', (bytes) => void (client.write(bytes) || server.pause()));
    if (this.isStalled) this.hold(pair);
  }

  private forward({ client, server }: Pair, bytes: Buffer): void {
    const passage = this.tap?.(bytes) ?? 'pass';
    if (passage === 'cut') {
      cut(client);
      cut(server);
      return;
    }
    if (passage === 'pass') return void (server.write(bytes) || client.pause());
    // The other side gets the bytes and a proper end behind them; only the answer has nobody left to go to.
    server.end(bytes);
    server.removeAllListeners('data').resume();
    cut(client);
  }

  private hold({ client, server }: Pair): void {
    client.pause();
    server.pause();
  }

  /** Resets (RST) every connection that there is, on both sides; how many. New ones are taken. */
  reset(): number {
    const pairs = [...this.pairs];
    for (const { client, server } of pairs) {
      cut(client);
      cut(server);
    }
    return pairs.length;
  }

  /** From now on nothing gets through, and nobody is told: new connections are taken too, and are as silent. */
  stall(): void {
    this.isStalled = true;
    for (const pair of this.pairs) this.hold(pair);
  }

  /** What was held back arrives now, late. */
  resume(): void {
    this.isStalled = false;
    for (const { client, server } of this.pairs) {
      client.resume();
      server.resume();
    }
  }

  async close(): Promise<void> {
    this.reset();
    await new Promise((done) => this.listener.close(done));
  }
}
