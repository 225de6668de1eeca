import { setTimeout as delay } from 'node:timers/promises';
import { HttpTarget } from '../driver/index.ts';
import type { Bench } from './bench.ts';
import type { Deployment } from './deployment.ts';
import { openLedger, type WriterClient } from './writer-client.ts';

const TOKEN_SECONDS = 24 * 3600;
const CAUGHT_UP_DEADLINE_MS = 600_000;
const POLL_MS = 10;

/** Callers of the HTTP API with a real token of an administrator of all ledgers. */
export async function target(bench: Bench, deployment: Deployment, connections: number): Promise<HttpTarget> {
  const token = await bench.once('token', () => bench.ground.issuer.token({ roles: ['admin'], expiresInSeconds: TOKEN_SECONDS }));
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  return new HttpTarget(deployment.httpUrl, { connections, headers });
}

/** The ledger that the HTTP rows of a round share. */
export function ledgerOf(bench: Bench, round: number): Promise<string> {
  return bench.once(`http ledger ${round}`, async () => {
    const deployment = await bench.whole();
    const [client] = await bench.writerClients(deployment);
    const ledger = `http-${round}`;
    await openLedger(client as WriterClient, bench.numbers, ledger, bench.options.accounts);
    await caughtUp(bench, deployment);
    return ledger;
  });
}

/** Sum of the positions of all heads, or of all checkpoints; of one ledger when it is given. */
export async function position(bench: Bench, deployment: Deployment, where: 'ledger' | 'read', ledger?: string): Promise<number> {
  const from = where === 'ledger' ? 'ledger.heads' : 'read.checkpoints';
  const { rows } = await bench
    .pool(deployment.superuserUrl(where))
    .query<{ sum: string }>(`select coalesce(sum(position), 0)::text as sum from ${from} where $1::text is null or id = $1`, [
      ledger ?? null,
    ]);
  return Number(rows[0]?.sum);
}

/** Waits until the builder has applied all that is written; seconds that it took. */
export async function caughtUp(bench: Bench, deployment: Deployment): Promise<number> {
  const startedMs = performance.now();
  const head = await position(bench, deployment, 'ledger');
  while ((await position(bench, deployment, 'read')) < head) {
    bench.signal.throwIfAborted();
    if (performance.now() - startedMs > CAUGHT_UP_DEADLINE_MS)
      throw new Error(`the builder was not at ${head} in ${CAUGHT_UP_DEADLINE_MS} ms`);
    await delay(POLL_MS);
  }
  return (performance.now() - startedMs) / 1000;
}
