import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface BulkLine {
  header: Record<string, { _index: string; _id: string }>;
  document: string;
}

type Fault =
  | { type: 'pass' }
  /** The node does not get it, the caller gets this. */
  | { type: 'answer'; status: number; body: object }
  /** The node gets it, the caller gets a broken connection instead of the answer. */
  | { type: 'lose answer' }
  /** The node gets the others of a bulk request; these lines are answered with a status. */
  | { type: 'turn away'; which: (line: BulkLine, at: number) => boolean; status: number; error: object };

async function bodyOf(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

export function parseLines(body: string): BulkLine[] {
  const lines = body.trimEnd().split('\n');
  return Array.from({ length: lines.length / 2 }, (_, i) => ({
    header: JSON.parse(lines[2 * i] as string) as BulkLine['header'],
    document: lines[2 * i + 1] as string,
  }));
}

/** A network between the sink and a real node, which fails in the ways that the test says; everything that is not failed is the node's own answer. */
export class FaultyNetwork {
  /** Decides for each request what becomes of it. */
  fault: (path: string, body: string) => Fault | Promise<Fault> = () => ({ type: 'pass' });
  readonly bulks: BulkLine[][] = [];
  url = '';
  private readonly target: string;
  private readonly server: Server;

  constructor(target: string) {
    this.target = target;
    this.server = createServer((incoming, outgoing) => {
      this.handle(incoming, outgoing).catch(() => incoming.socket.destroy());
    });
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const path = incoming.url as string;
    const body = await bodyOf(incoming);
    const isBulk = path.startsWith('/_bulk');
    if (isBulk) this.bulks.push(parseLines(body.toString()));
    const fault = await this.fault(path, body.toString());
    if (fault.type === 'answer') {
      outgoing.writeHead(fault.status, { 'content-type': 'application/json' }).end(JSON.stringify(fault.body));
      return;
    }
    if (fault.type === 'turn away') {
      await this.turnAway(fault, incoming, body, outgoing);
      return;
    }
    const answer = await this.forward(incoming, body);
    if (fault.type === 'lose answer') {
      incoming.socket.destroy();
      return;
    }
    outgoing.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body);
  }

  private async turnAway(
    fault: Fault & { type: 'turn away' },
    incoming: IncomingMessage,
    body: Buffer,
    outgoing: ServerResponse,
  ): Promise<void> {
    const lines = parseLines(body.toString());
    const isAway = lines.map(fault.which);
    const rest = lines.filter((_, at) => !isAway[at]).map(({ header, document }) => `${JSON.stringify(header)}\n${document}\n`);
    const sent = rest.length === 0 ? { body: '{"items":[]}' } : await this.forward(incoming, Buffer.from(rest.join('')));
    const { items } = JSON.parse(sent.body) as { items: object[] };
    const merged = lines.map(({ header }, at) => {
      const [action] = Object.keys(header) as [string];
      return isAway[at] ? { [action]: { status: fault.status, error: fault.error } } : items.shift();
    });
    outgoing.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ errors: true, items: merged }));
  }

  private forward(incoming: IncomingMessage, body: Buffer): Promise<{ status: number; body: string }> {
    return new Promise((resolve, reject) => {
      const headers = { 'content-type': incoming.headers['content-type'] ?? 'application/json', 'content-length': body.length };
      const outgoing = request(`${this.target}${incoming.url}`, { method: incoming.method, headers }, (answer) => {
        bodyOf(answer).then((bytes) => resolve({ status: answer.statusCode as number, body: bytes.toString() }), reject);
      });
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }
}
