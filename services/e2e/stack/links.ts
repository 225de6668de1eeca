import { TcpProxy } from './proxy.ts';

export const LINKS = [
  'gateway-writer',
  'builder-writer',
  'writer-postgres',
  'builder-postgres',
  'gateway-postgres',
  'relay-kafka',
  'builder-kafka',
] as const;

/** Who opens the connections, and to whom. */
export type LinkName = (typeof LINKS)[number];

/** The TCP proxies between the services of a stack: one for each port on the far side of a link. */
export class Links {
  private readonly proxies = new Map<LinkName, TcpProxy[]>();

  /** The port to connect to in place of `port`. */
  async route(name: LinkName, port: number): Promise<number> {
    const proxy = await TcpProxy.open(port);
    this.proxies.set(name, [...this.of(name), proxy]);
    return proxy.port;
  }

  of(name: LinkName): readonly TcpProxy[] {
    return this.proxies.get(name) ?? [];
  }

  async close(): Promise<void> {
    await Promise.all([...this.proxies.values()].flat().map((proxy) => proxy.close()));
  }
}
