import type { Logger } from '@ledgerflow/platform/log';

export interface ServiceHealth {
  name: string;
  version: string | null;
  ready: boolean;
  checks: unknown[];
  /** Why nothing is known, when the service did not answer. */
  error?: string;
}

/** The relay as a writer tells it: what its operations server answers at /outbox. */
export interface Outbox {
  relay: 'on' | 'off';
  data: Record<string, unknown>[];
}

const ASK_TIMEOUT_MS = 2_000;
const ANSWER_BYTES_MAX = 1024 * 1024;

/** The text of an answer, given up as soon as it is more than it may be. */
async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Leaving the loop cancels the body.
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > ANSWER_BYTES_MAX) throw new Error('the answer is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function isOutbox(value: unknown): value is Outbox {
  const { relay, data } = (value ?? {}) as Partial<Outbox>;
  return (relay === 'on' || relay === 'off') && Array.isArray(data);
}

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
  private readonly log: Logger;
  private readonly timeoutMs: number;

  constructor(addresses: { name: string; address: string }[], log: Logger, timeoutMs = ASK_TIMEOUT_MS) {
    this.addresses = addresses;
    this.log = log;
    this.timeoutMs = timeoutMs;
  }

  private async ask(address: string, path: string): Promise<unknown> {
    const response = await fetch(`http://${address}${path}`, { signal: AbortSignal.timeout(this.timeoutMs), redirect: 'error' });
    const text = await readText(response);
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
  async outbox(): Promise<Outbox | null> {
    for (const { address } of this.addresses.filter(({ name }) => name === 'ledger-writer')) {
      try {
        const outbox = await this.ask(address, '/outbox');
        if (isOutbox(outbox)) return outbox;
        throw new Error('the answer is no state of an outbox');
      } catch (error) {
        this.log.warn({ err: error, address }, 'a ledger writer did not tell the state of its outbox');
      }
    }
    return null;
  }
}
