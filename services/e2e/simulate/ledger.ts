import { setTimeout as delay } from 'node:timers/promises';
import { formatMinor } from '@ledgerflow/contracts';
import { UserError } from '@ledgerflow/local/access';
import type { HttpAnswer, HttpRequest, HttpTarget } from '../driver/index.ts';
import type { TownEvent } from './day.ts';
import type { Party } from './town.ts';

export const CURRENCY = 'USD';
const SCALE = 2;
const TRIES_MAX = 60;
const RETRY_MS = 500;
const TEXT_SHOWN_MAX = 300;
const BATCH_MAX = 200;
const KNOWN_MAX = 200_000;

/** How an event went: done (now or by an earlier run), bounced for lack of money, or left out because what it depends on bounced. */
export type EventOutcome = 'done' | 'bounced' | 'skipped';

interface Problem {
  code?: string;
}

export const amountText = (minor: bigint): string => formatMinor(minor, SCALE);

/** The ledger did not answer, and then the person who waited had enough; started again, the town goes on where it was. */
export class InterruptedError extends Error {
  override name = 'InterruptedError';
}

function termsOf(event: TownEvent, isBackdated: boolean): Record<string, unknown> {
  return {
    externalId: `town-${event.id}`,
    reference: event.reference,
    description: event.description,
    metadata: { ...event.metadata, kind: event.kind, townTime: new Date(event.timeMs).toISOString() },
    ...(isBackdated ? { effectiveAt: new Date(event.timeMs).toISOString() } : {}),
  };
}

/**
 * The town's ledger through the API. Every request has a key made of the town's seed and the event's id, so that whatever is sent again after an interruption, also
 * later and in another way (backdated or not), has its effect once.
 */
export class TownLedger {
  private readonly target: Pick<HttpTarget, 'request'>;
  private readonly base: string;
  private readonly seed: number;
  private readonly signal: AbortSignal;
  private readonly known = new Map<string, EventOutcome>();

  /** After `signal` nothing is tried again. */
  constructor(target: Pick<HttpTarget, 'request'>, ledger: string, seed: number, signal: AbortSignal) {
    this.target = target;
    this.base = `/api/v1/ledgers/${encodeURIComponent(ledger)}`;
    this.seed = seed;
    this.signal = signal;
  }

  /** Answers while the service is busy or away are waited out. */
  private async call(request: HttpRequest): Promise<HttpAnswer> {
    let last = '';
    for (let attempt = 0; attempt < TRIES_MAX; attempt++) {
      const answer = await this.target.request(request).catch((error: Error) => error);
      if (!(answer instanceof Error) && answer.status !== 503 && answer.status !== 429) return answer;
      last = answer instanceof Error ? answer.message : `${answer.status} ${answer.text.slice(0, TEXT_SHOWN_MAX)}`;
      await this.pause(`${request.method} ${request.path} was not answered: ${last}`);
    }
    throw new UserError(`${request.method} ${request.path} was not answered in ${TRIES_MAX} tries: ${last}`);
  }

  /** Between two tries; ends with InterruptedError when nobody waits any more. */
  private async pause(why: string): Promise<void> {
    await delay(RETRY_MS, undefined, { signal: this.signal }).catch(() => undefined);
    if (this.signal.aborted) throw new InterruptedError(`interrupted: ${why}`);
  }

  private send(method: 'POST' | 'PATCH', path: string, key: string, body: unknown): Promise<HttpAnswer> {
    return this.call({
      method,
      path: `${this.base}${path}`,
      headers: { 'content-type': 'application/json', 'idempotency-key': `town-${this.seed}-${key}` },
      body: JSON.stringify(body),
    });
  }

  private unexpected(what: string, { status, text }: HttpAnswer): Error {
    return new UserError(`${what} was answered ${status} ${text.slice(0, TEXT_SHOWN_MAX)}`);
  }

  /** The metadata of an account; null if there is no such account. */
  async metadataOf(account: string): Promise<Record<string, unknown> | null> {
    const answer = await this.call({ method: 'GET', path: `${this.base}/accounts/${account}` });
    if (answer.status === 404) return null;
    if (answer.status !== 200) throw this.unexpected(`account ${account}`, answer);
    return (JSON.parse(answer.text) as { metadata?: Record<string, unknown> | null }).metadata ?? {};
  }

  async open(
    { id, name, ownerId, kind }: Omit<Party, 'opening' | 'kind'> & { kind: string },
    metadata: Record<string, unknown> = {},
  ): Promise<void> {
    const answer = await this.send('POST', '/accounts', `open-${id}`, {
      id,
      currency: CURRENCY,
      name,
      ownerId,
      metadata: { kind, ...metadata },
    });
    if (answer.status !== 201) throw this.unexpected(`opening account ${id} (${name})`, answer);
  }

  async setMetadata(account: string, key: string, metadata: Record<string, unknown>): Promise<void> {
    const answer = await this.send('PATCH', `/accounts/${account}`, key, { metadata });
    if (answer.status !== 200) throw this.unexpected(`changing account ${account}`, answer);
  }

  /** Lets events happen in order; `isBackdated` puts them into effect at their own time instead of now. Calls back with the outcome of each. */
  async happen(
    events: readonly TownEvent[],
    isBackdated: boolean,
    onOutcome: (event: TownEvent, outcome: EventOutcome) => void,
  ): Promise<void> {
    let transfers: TownEvent[] = [];
    const tell = (event: TownEvent, outcome: EventOutcome): void => {
      this.remember(event.id, outcome);
      onOutcome(event, outcome);
    };
    const flush = async (): Promise<void> => {
      const sent = transfers;
      transfers = [];
      for (const [index, outcome] of (await this.transfer(sent, isBackdated)).entries()) tell(sent[index] as TownEvent, outcome);
    };
    for (const event of events) {
      if (event.after !== null && transfers.some(({ id }) => id === event.after)) await flush();
      if (event.after !== null && !(await this.wasDone(event.after))) tell(event, 'skipped');
      else if (event.from !== null && event.to !== null) transfers.push(event);
      else {
        await flush();
        tell(event, await this.single(event, isBackdated));
      }
      if (transfers.length === BATCH_MAX) await flush();
    }
    await flush();
  }

  /** Payments are remembered as long as they may be given back; the oldest are forgotten, and asked for if need be. */
  private remember(id: string, outcome: EventOutcome): void {
    this.known.set(id, outcome);
    const [oldest] = this.known.keys();
    if (this.known.size > KNOWN_MAX && oldest !== undefined) this.known.delete(oldest);
  }

  private async wasDone(id: string): Promise<boolean> {
    const known = this.known.get(id);
    if (known !== undefined) return known === 'done';
    const answer = await this.call({ method: 'GET', path: `${this.base}/transactions?limit=1&externalId=town-${id}` });
    if (answer.status !== 200) throw this.unexpected(`transaction ${id}`, answer);
    return (JSON.parse(answer.text) as { data: unknown[] }).data.length > 0;
  }

  /** A deposit or a withdrawal. */
  private async single(event: TownEvent, isBackdated: boolean): Promise<EventOutcome> {
    const path = event.to === null ? `/accounts/${event.from}/withdrawals` : `/accounts/${event.to}/deposits`;
    const answer = await this.send('POST', path, event.id, {
      amount: amountText(event.amount),
      currency: CURRENCY,
      ...termsOf(event, isBackdated),
    });
    return this.outcomeOf(event, answer.status, JSON.parse(answer.text) as Problem, answer);
  }

  private async transfer(events: readonly TownEvent[], isBackdated: boolean): Promise<EventOutcome[]> {
    const posting = ({ from, to, amount }: TownEvent) => ({ from, to, amount: amountText(amount), currency: CURRENCY });
    const [only] = events;
    if (only === undefined) return [];
    if (events.length === 1) {
      const answer = await this.send('POST', '/transfers', only.id, { ...posting(only), ...termsOf(only, isBackdated) });
      return [await this.outcomeOf(only, answer.status, JSON.parse(answer.text) as Problem, answer)];
    }
    const transactions = events.map((event) => ({
      idempotencyKey: `town-${this.seed}-${event.id}`,
      postings: [posting(event)],
      ...termsOf(event, isBackdated),
    }));
    for (let attempt = 0; attempt < TRIES_MAX; attempt++) {
      const answer = await this.send('POST', '/transactions/batch', `batch-${only.id}`, { atomic: false, transactions });
      if (answer.status !== 200 && answer.status !== 201) throw this.unexpected('a batch of transfers', answer);
      const { results } = JSON.parse(answer.text) as { results: { status: number; problem?: Problem }[] };
      if (!results.some(({ status }) => status === 503 || status === 429))
        return Promise.all(
          results.map(({ status, problem }, index) => this.outcomeOf(events[index] as TownEvent, status, problem ?? {}, answer)),
        );
      await this.pause('a batch of transfers was not answered whole');
    }
    throw new UserError(`a batch of transfers was not answered whole in ${TRIES_MAX} tries`);
  }

  private async outcomeOf(event: TownEvent, status: number, { code }: Problem, answer: HttpAnswer): Promise<EventOutcome> {
    if (status === 201 || code === 'external_id_exists') return 'done';
    if (code === 'insufficient_funds') return 'bounced';
    // An earlier run sent it with another effective time: live what is now past, or the other way round.
    if (code === 'idempotency_key_reused') return (await this.wasDone(event.id)) ? 'done' : 'bounced';
    throw this.unexpected(`${event.kind} ${event.id}`, answer);
  }
}
