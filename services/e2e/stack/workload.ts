import type { Answer, ApiClient } from './client.ts';

interface Attempt {
  key: string;
  path: string;
  body: Record<string, string>;
  /** The answered 2xx, as text; null while the outcome is unknown. */
  answered: string | null;
  /** What it did to the account of the deposits, in cents. */
  amount: bigint;
}

const RETRY_MAX = 400;
const RETRY_PAUSE_MS = 50;

function pause(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  setTimeout(resolve, RETRY_PAUSE_MS);
  return promise;
}

/**
 * Callers that deposit one cent to a few accounts as fast as they are answered, each under a key of its own, and remember every answer. An attempt that got no
 * answer or a 5xx is unknown: `settle` retries it under its key until it is answered.
 */
export class Workload {
  readonly attempts: Attempt[] = [];
  private readonly api: ApiClient;
  private readonly ledger: string;
  private readonly accounts: readonly string[];
  private running = true;
  private workers: Promise<void>[] = [];
  private sequence = 0;

  constructor(api: ApiClient, ledger: string, accounts: readonly string[]) {
    this.api = api;
    this.ledger = ledger;
    this.accounts = accounts;
  }

  get acknowledged(): number {
    return this.attempts.filter((attempt) => attempt.answered !== null).length;
  }

  start(workers: number): void {
    this.workers = Array.from({ length: workers }, () => this.work());
  }

  private async work(): Promise<void> {
    while (this.running) {
      const number = this.sequence++;
      const account = this.accounts[number % this.accounts.length] as string;
      const attempt: Attempt = {
        key: `w-${number}`,
        path: `/ledgers/${this.ledger}/accounts/${account}/deposits`,
        body: { amount: '0.01', currency: 'USD' },
        answered: null,
        amount: 1n,
      };
      this.attempts.push(attempt);
      if (!(await this.try(attempt))) await pause();
    }
  }

  private async try(attempt: Attempt): Promise<boolean> {
    let answer: Answer;
    try {
      answer = await this.api.post(attempt.path, attempt.body, { key: attempt.key });
    } catch {
      return false;
    }
    if (answer.status === 201) {
      if (attempt.answered !== null && attempt.answered !== answer.text)
        throw new Error(`two answers under ${attempt.key}: ${attempt.answered} and ${answer.text}`);
      attempt.answered = answer.text;
      return true;
    }
    if (answer.status < 500 && answer.status !== 429) throw new Error(`a deposit was refused with ${answer.status}: ${answer.text}`);
    return false;
  }

  /** Stops the callers and retries what is unknown until everything is answered. */
  async settle(): Promise<void> {
    this.running = false;
    await Promise.all(this.workers);
    for (const attempt of this.attempts.filter((one) => one.answered === null)) {
      for (let tries = 0; !(await this.try(attempt)); tries++) {
        if (tries >= RETRY_MAX) throw new Error(`${attempt.key} was not answered in ${RETRY_MAX} tries`);
        await pause();
      }
    }
  }

  /** Every answered write is there once: asks each key again and compares, and the ids are all different. Returns the expected sum in cents. */
  async verify(): Promise<bigint> {
    const ids = new Set<string>();
    const queue = [...this.attempts];
    const check = async (): Promise<void> => {
      for (let attempt = queue.pop(); attempt !== undefined; attempt = queue.pop()) {
        if (!(await this.try(attempt))) throw new Error(`${attempt.key} is no longer answered`);
        ids.add((JSON.parse(attempt.answered as string) as { transactionId: string }).transactionId);
      }
    };
    await Promise.all(Array.from({ length: 16 }, check));
    if (ids.size !== this.attempts.length) throw new Error(`${this.attempts.length} keys have ${ids.size} transactions`);
    return this.attempts.reduce((sum, attempt) => sum + attempt.amount, 0n);
  }
}
