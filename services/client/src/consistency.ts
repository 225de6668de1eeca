const LEDGERS_MAX = 1_000;
/** The API takes no more in one header. */
const TOKENS_MAX = 16;
/** Kept of one ledger. */
const TOKENS_OF_LEDGER_MAX = 8;

interface Held {
  token: string;
  position: bigint | null;
}

/** A token as it was sent, and of which ledger. */
export interface SentToken {
  ledger: string;
  token: string;
}

/**
 * The `Ledger-Consistency` tokens of the last writes to each ledger, so that a read of this client is never older than its own writes. Answers can arrive in another
 * order than they were written, a replayed one is old, and after a restore positions begin again lower: so a token takes the place of those of smaller positions, and
 * one of a smaller position is kept beside the larger. The API takes the latest of them. Bounded: the ledger written to longest ago goes first.
 */
export class ConsistencyTokens {
  private readonly held = new Map<string, Held[]>();

  /** What a read of this ledger has to send; of null, which is a read about all of them, those of the latest few. */
  toSend(ledger: string | null): SentToken[] {
    if (ledger !== null) return (this.held.get(ledger) ?? []).map(({ token }) => ({ ledger, token }));
    const sent: SentToken[] = [];
    for (const [name, tokens] of [...this.held].reverse()) {
      if (sent.length + tokens.length > TOKENS_MAX) break;
      sent.push(...tokens.map(({ token }) => ({ ledger: name, token })));
    }
    return sent;
  }

  /** For `set` in another process. */
  get(ledger: string): string | null {
    const tokens = this.held.get(ledger);
    return tokens === undefined ? null : tokens.map(({ token }) => token).join(',');
  }

  /** From an answer, or from elsewhere: a token of another process lets this one read what that one wrote. Without a position it takes the place of what was there. */
  set(ledger: string, token: string, position: bigint | null = null): void {
    const before = position === null ? [] : (this.held.get(ledger) ?? []);
    const tokens = [
      ...before.filter((one) => one.token !== token && (one.position === null || one.position > (position as bigint))),
      ...token.split(',').map((one) => ({ token: one.trim(), position })),
    ];
    // The largest stays, and the last, which is of the newest epoch.
    if (tokens.length > TOKENS_OF_LEDGER_MAX) tokens.splice(TOKENS_OF_LEDGER_MAX - 1, tokens.length - TOKENS_OF_LEDGER_MAX);
    this.held.delete(ledger);
    this.held.set(ledger, tokens);
    const [oldest] = this.held.keys();
    if (this.held.size > LEDGERS_MAX && oldest !== undefined) this.held.delete(oldest);
  }

  /** Since the ledger was restored its tokens stand for nothing. */
  forget(ledger: string): void {
    this.held.delete(ledger);
  }

  /** As `forget`, of those that were sent: what was written since stays. */
  forgetSent(sent: readonly SentToken[]): void {
    for (const { ledger, token } of sent) {
      const left = (this.held.get(ledger) ?? []).filter((one) => one.token !== token);
      if (left.length === 0) this.held.delete(ledger);
      else this.held.set(ledger, left);
    }
  }
}

const positionIn = (value: unknown): bigint | null => (typeof value === 'string' && /^\d{1,18}$/.test(value) ? BigInt(value) : null);

interface Written {
  position?: unknown;
  asOfPosition?: unknown;
  results?: { transaction?: { position?: unknown } }[];
}

/** The position of a write in its answer; of a batch the last one. */
export function positionOf(data: unknown): bigint | null {
  const { position, asOfPosition, results } = (data ?? {}) as Written;
  if (!Array.isArray(results)) return positionIn(position) ?? positionIn(asOfPosition);
  let last: bigint | null = null;
  for (const { transaction } of results) {
    const at = positionIn(transaction?.position);
    if (at !== null && (last === null || at > last)) last = at;
  }
  return last;
}
