const LEDGERS_MAX = 1_000;
/** The API takes no more in one header. */
const TOKENS_MAX = 16;

interface Held {
  token: string;
  position: bigint | null;
}

/**
 * The `Ledger-Consistency` token of the last write to each ledger, so that a read of this client is never older than its own writes. Answers can arrive in another
 * order than they were written, and a replayed one is old: the largest position counts. Bounded: the ledger written to longest ago goes first.
 */
export class ConsistencyTokens {
  private readonly held = new Map<string, Held>();

  /** What a read of this ledger has to send; of null, which is a read about all of them, the latest few. */
  header(ledger: string | null): string | null {
    if (ledger !== null) return this.held.get(ledger)?.token ?? null;
    const tokens = [...this.held.values()].slice(-TOKENS_MAX).map(({ token }) => token);
    return tokens.length === 0 ? null : tokens.join(',');
  }

  get(ledger: string): string | null {
    return this.held.get(ledger)?.token ?? null;
  }

  /** From an answer, or from elsewhere: a token of another process lets this one read what that one wrote. Without a position it takes the place of what was there. */
  set(ledger: string, token: string, position: bigint | null = null): void {
    const before = this.held.get(ledger);
    const known = before?.position ?? null;
    if (known !== null && position !== null && known > position) return;
    this.held.delete(ledger);
    this.held.set(ledger, { token, position });
    const [oldest] = this.held.keys();
    if (this.held.size > LEDGERS_MAX && oldest !== undefined) this.held.delete(oldest);
  }

  /** Since the ledger was restored its tokens stand for nothing. */
  forget(ledger: string): void {
    this.held.delete(ledger);
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
