import { setTimeout as delay } from 'node:timers/promises';
import { type HttpAnswer, type HttpRequest, HttpTarget } from '../driver/index.ts';
import type { Bench } from './bench.ts';
import type { Deployment } from './deployment.ts';
import { openLedger, type WriterClient } from './writer-client.ts';

const TOKEN_SECONDS = 24 * 3600;
const CAUGHT_UP_DEADLINE_MS = 600_000;
const POLL_MS = 10;

/** Sends the tokens in turn, as that many people would. */
class Callers extends HttpTarget {
  private readonly authorizations: readonly string[];
  private turn = 0;

  constructor(url: string, connections: number, tokens: readonly string[]) {
    super(url, { connections });
    this.authorizations = tokens.map((token) => `Bearer ${token}`);
  }

  override request(request: HttpRequest): Promise<HttpAnswer> {
    const authorization = this.authorizations[this.turn++ % this.authorizations.length] as string;
    return super.request({ ...request, headers: { 'content-type': 'application/json', ...request.headers, authorization } });
  }
}

/** Tokens of administrators of all ledgers, each another person's. */
export function tokensOf(bench: Bench, count: number): Promise<string[]> {
  const make = (index: number): Promise<string> =>
    bench.once(`token ${index}`, () =>
      bench.ground.issuer.token({ roles: ['admin'], subject: `bench-${index}`, expiresInSeconds: TOKEN_SECONDS }),
    );
  return Promise.all(Array.from({ length: count }, (_, index) => make(index)));
}

/** Callers of the HTTP API: as many principals as connections, each with a token of its own. */
export async function target(bench: Bench, deployment: Deployment, connections: number): Promise<HttpTarget> {
  return new Callers(deployment.httpUrl, connections, await tokensOf(bench, connections));
}

/** The ledger that the HTTP rows of a round share on a deployment. */
export function ledgerOf(bench: Bench, deployment: Deployment, round: number): Promise<string> {
  return bench.once(`http ledger ${round} ${deployment.httpUrl}`, async () => {
    const [client] = await bench.writerClients(deployment);
    const ledger = bench.freshName(`http-${round}`);
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
