import { closedLoop, type HttpAnswer, type HttpTarget, Latencies } from '../driver/index.ts';
import type { Bench } from './bench.ts';
import { accountId, AMOUNT_MAX, cents, CURRENCY, hex, terms } from './commands.ts';
import type { Deployment } from './deployment.ts';
import { Random } from '../driver/index.ts';
import type { Sample } from './result.ts';
import { position } from './whole.ts';

/** Bodies made before the clock starts; only their numbers are put in while it runs. */
const BODIES = 2_000;
const BATCH_BODIES = 64;
export const BATCH_SIZE = 100;
const NUMBER = '############';

interface Template {
  head: string;
  tail: string | null;
  to: string;
}

const fill = ({ head, tail }: Template, number: string): string => (tail === null ? head : head + tail.replaceAll(NUMBER, number));

/** Posts transfers on one ledger: each new, each with a key of its own, random accounts, a reference on half, metadata on a tenth. */
export class HttpTransfers {
  private readonly bench: Bench;
  private readonly target: HttpTarget;
  private readonly ledger: string;
  private readonly random: Random;
  private readonly templates: Template[];
  private readonly batches: string[];
  private readonly size: 1 | typeof BATCH_SIZE;
  private next = 0;

  constructor(bench: Bench, target: HttpTarget, ledger: string, size: 1 | typeof BATCH_SIZE) {
    this.bench = bench;
    this.target = target;
    this.ledger = ledger;
    this.size = size;
    this.random = new Random(bench.options.seed);
    this.templates = size === 1 ? Array.from({ length: BODIES }, (_, index) => this.template(index)) : [];
    this.batches = size === 1 ? [] : Array.from({ length: BATCH_BODIES }, () => this.batch());
  }

  private movement() {
    const { accounts } = this.bench.options;
    const from = this.random.below(accounts);
    const to = (from + 1 + this.random.below(accounts - 1)) % accounts;
    return { from: accountId(from), to: accountId(to), amount: cents(1 + this.random.below(AMOUNT_MAX)), currency: CURRENCY };
  }

  private template(index: number): Template {
    const movement = this.movement();
    const text = JSON.stringify({ ...movement, ...terms(index, NUMBER) });
    const at = text.indexOf(NUMBER);
    return at < 0 ? { head: text, tail: null, to: movement.to } : { head: text.slice(0, at), tail: text.slice(at), to: movement.to };
  }

  private batch(): string {
    const transactions = Array.from({ length: BATCH_SIZE }, (_, index) => ({
      postings: [this.movement()],
      ...terms(index, hex(this.random.below(0x7fffffff))),
    }));
    return JSON.stringify({ atomic: false, transactions });
  }

  /** One request, whatever the answer. `to`: the account that a single transfer goes to. */
  async send(): Promise<{ answer: HttpAnswer; to: string }> {
    const { bench, target, ledger, size } = this;
    const number = hex(bench.numbers.take(1));
    const turn = this.next++;
    const template = this.templates[turn % this.templates.length];
    const isSingle = size === 1 && template !== undefined;
    const answer = await target.request({
      method: 'POST',
      path: `/api/v1/ledgers/${ledger}/${isSingle ? 'transfers' : 'transactions/batch'}`,
      headers: { 'idempotency-key': `bench-key-${number}` },
      body: isSingle ? fill(template, number) : (this.batches[turn % this.batches.length] as string),
    });
    return { answer, to: template?.to ?? '' };
  }

  /** One request; throws unless everything in it was accepted. */
  async post(): Promise<{ answer: HttpAnswer; to: string }> {
    const sent = await this.send();
    const { status, text } = sent.answer;
    // An independent batch of which one is refused is 200.
    if (status !== 201) throw new Error(`a write was answered with ${status}: ${text.slice(0, 500)}`);
    return sent;
  }

  /** Closed loop; checks at the end that the ledger's head moved by as many as were answered. */
  async drive(deployment: Deployment, workers: number, seconds: number): Promise<Sample & { units: number; endedMs: number }> {
    const { bench, ledger, size } = this;
    const before = await position(bench, deployment, 'ledger', ledger);
    const latencies = new Latencies();
    const { seconds: took } = await closedLoop({ workers, durationMs: seconds * 1000, signal: bench.signal }, async () => {
      const startedMs = performance.now();
      await this.post();
      latencies.record(performance.now() - startedMs);
    });
    const endedMs = performance.now();
    const { count, p50Ms, p99Ms } = latencies.summary();
    const gained = (await position(bench, deployment, 'ledger', ledger)) - before;
    if (gained !== count * size) throw new Error(`${count * size} transfers were answered, the head of ${ledger} moved by ${gained}`);
    return { rate: (count * size) / took, p50Ms, p99Ms, units: count * size, endedMs };
  }
}
