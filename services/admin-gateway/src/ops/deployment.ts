export interface ServiceHealth {
  name: string;
  version: string | null;
  ready: boolean;
  checks: unknown[];
  /** Why nothing is known, when the service did not answer. */
  error?: string;
}

const ASK_TIMEOUT_MS = 2_000;
const ANSWER_BYTES_MAX = 1024 * 1024;

/** Parses "name=host:port,name=host:port" (several of one name are several replicas). */
export function parseOpsAddresses(text: string): { name: string; address: string }[] {
  return text
    .split(',')
    .filter((part) => part.trim() !== '')
    .map((part) => {
      const [name = '', address = ''] = part.trim().split('=');
      if (!/^[a-z0-9-]+$/.test(name) || !/^[^:\s/]+:\d+$/.test(address)) throw new Error(`OPS_ADDRESSES: "${part}" is not name=host:port`);
      return { name, address };
    });
}

/** The other services, as far as their operations servers tell. */
export class Deployment {
  private readonly addresses: { name: string; address: string }[];

  constructor(addresses: { name: string; address: string }[]) {
    this.addresses = addresses;
  }

  private async ask(address: string, path: string): Promise<unknown> {
    const response = await fetch(`http://${address}${path}`, { signal: AbortSignal.timeout(ASK_TIMEOUT_MS), redirect: 'error' });
    const text = await response.text();
    if (text.length > ANSWER_BYTES_MAX) throw new Error('the answer is too large');
    if (path !== '/readyz' && !response.ok) throw new Error(`answered ${response.status}`);
    return JSON.parse(text);
  }

  health(): Promise<ServiceHealth[]> {
    return Promise.all(
      this.addresses.map(async ({ name, address }) => {
        try {
          const {
            version = null,
            status,
            checks = [],
          } = (await this.ask(address, '/readyz')) as { version?: string; status?: string; checks?: unknown[] };
          return { name, version, ready: status === 'ready', checks };
        } catch (error) {
          return { name, version: null, ready: false, checks: [], error: (error as Error).message };
        }
      }),
    );
  }

  /** The relay's state as the first writer that answers tells it; null when none does. */
  async outbox(): Promise<unknown> {
    for (const { address } of this.addresses.filter(({ name }) => name === 'ledger-writer')) {
      try {
        return await this.ask(address, '/outbox');
      } catch {
        continue;
      }
    }
    return null;
  }
}
