/** What came of one row. Counts are of the whole run; seconds are wall-clock. */
export interface RowResult {
  id: string;
  title: string;
  did: string;
  /** not possible: this machine can not do what the fault needs. */
  outcome: 'ok' | 'failed' | 'not possible';
  /** Why it is not ok; empty when it is. */
  reasons: readonly string[];
  /** Null when there was no run. */
  measured: Measured | null;
  /** What a human has to do; null: nothing. */
  human: string | null;
  /** Further figures and what was seen, in words. */
  notes: readonly string[];
  seed: number;
  /** Repeats this row alone. */
  command: string;
  /** Of the whole row, with the start of the stack. */
  seconds: number;
}

export interface Measured {
  writes: { asked: number; answered: number; refused: number; neverAnswered: number };
  reads: { asked: number; answered: number; withToken: number };
  /** Answered 2xx and not in the log, or not where the answer said. */
  lost: number;
  /** Keys with more than one effect, or with two answers; records that nobody asked for. */
  doubled: number;
  /** Reads older than their token, or older than one before them. */
  stale: number;
  /** All other violations: of order, arithmetic, answers, tables. */
  wrong: number;
  /** Writes that were answered 2xx while the cause was there, and how long it was. */
  during: { writes: number; seconds: number };
  /** The longest time without a write answered 2xx in one ledger, from the fault to the recovery. */
  gapSeconds: number;
  recovery: {
    since: 'begin' | 'end';
    /** Null: not within the bound. */
    writesSeconds: number | null;
    readsSeconds: number | null;
    /** Until Kafka had such writes; undefined without Kafka. */
    relaySeconds?: number | null;
  };
  /** Records in the logs, all of which were checked. */
  records: number;
}
