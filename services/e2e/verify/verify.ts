import type { AccountResult } from './account-pass.ts';
import { addCounts, CHECK_NAMES, CHECKS, type CheckName, type Counts } from './checks.ts';
import { conclude } from './conclude.ts';
import { Snapshot } from './connections.ts';
import { Crew, Inline, type PassRunner } from './crew.ts';
import { differenceOf, Findings, type Finding } from './differences.ts';
import type { KeyResult } from './key-pass.ts';
import {
  directoryDifference,
  findStrays,
  readCheckpoints,
  readDirectory,
  readHeads,
  type Checkpoint,
  type DirectoryEntry,
  type Head,
} from './ledgers.ts';
import type { LogResult } from './log-result.ts';
import { readModelNotes } from './orphans.ts';
import type { LedgerFacts, PassName } from './passes.ts';
import { Pace } from './pace.ts';
import { readReadSide, type ReadSide } from './read-side.ts';
import { standingOf } from './standing.ts';
import type { Difference, LedgerReport, VerifyOptions, VerifyReport } from './types.ts';

/** Something is in the way of verifying; nothing is said about the data. */
export class CannotVerifyError extends Error {
  override name = 'CannotVerifyError';
}

/** Which pass a check belongs to, for the time it took. */
const PASS_OF: Partial<Record<CheckName, PassName>> = {
  versions: 'accounts',
  balances: 'accounts',
  limits: 'accounts',
  accounts: 'accounts',
  'account digest': 'accounts',
  'trial balance': 'accounts',
  'read statement': 'accounts',
  'read corrections': 'accounts',
  'read correction blocks': 'accounts',
  'read accounts': 'accounts',
  'read days': 'accounts',
  'read search': 'accounts',
  'read words': 'accounts',
  keys: 'keys',
  'external ids': 'keys',
};

interface LedgerOutcome {
  head: Head;
  checkpoint: Checkpoint | null;
  side: ReadSide | null;
  log: LogResult;
  accounts: AccountResult;
  keys: KeyResult;
}

/** Passes side by side: reading, hashing and comparing fill a core each. */
const THREADS = 2;
/** Up to here one thread is done before others have started. */
const INLINE_RECORDS_MAX = 5_000;
const MIB = 1024;

class Run {
  private readonly options: VerifyOptions;
  private readonly ledger: Snapshot;
  private readonly read: Snapshot | null;
  private readonly differences: Difference[] = [];
  private readonly failed = new Set<CheckName>();
  private readonly counts: Counts = {};
  private readonly seconds: Record<PassName, number> = { log: 0, accounts: 0, keys: 0 };
  private readonly ledgers: LedgerReport[] = [];
  private notes: string[] = [];
  private readonly sinceMs = performance.now();
  private readonly max: number;

  constructor(options: VerifyOptions, ledger: Snapshot, read: Snapshot | null) {
    this.options = options;
    this.ledger = ledger;
    this.read = read;
    this.max = options.differencesMax ?? 1;
  }

  async run(): Promise<VerifyReport> {
    const { options, ledger, read } = this;
    const heads = await readHeads(ledger, options.ledgers ?? null);
    const unknown = options.ledgers?.find((id) => !heads.some((head) => head.id === id));
    if (unknown !== undefined) throw new CannotVerifyError(`there is no ledger ${unknown} in this database`);
    const checkpoints = read === null ? new Map<number, Checkpoint>() : await readCheckpoints(read);
    const directory = await readDirectory(ledger);
    if (options.ledgers === undefined) await this.whole(heads, checkpoints, directory);
    const pace = new Pace(heads, options.onProgress);
    const start = { ledger: { url: ledger.url, snapshot: ledger.id }, read: read === null ? null : { url: read.url, snapshot: read.id } };
    const threads = options.threads ?? (heads.reduce((sum, head) => sum + head.position, 0) > INLINE_RECORDS_MAX ? THREADS : 0);
    const onRows = (pass: PassName, count: number): void => pace.rows(pass, count);
    const crew: PassRunner = threads === 0 ? new Inline(start, onRows) : new Crew(start, threads, onRows);
    const abort = (): void => crew.fail(new CannotVerifyError('it was stopped'));
    options.signal?.addEventListener('abort', abort);
    if (options.signal?.aborted === true) abort();
    try {
      await this.each(heads, checkpoints, directory, crew, pace);
    } finally {
      options.signal?.removeEventListener('abort', abort);
      await crew.close();
    }
    return this.report();
  }

  /** What is of no single ledger, or of one that should not be there. */
  private async whole(
    heads: readonly Head[],
    checkpoints: ReadonlyMap<number, Checkpoint>,
    directory: ReadonlyMap<number, DirectoryEntry> | null,
  ): Promise<void> {
    const strays = await findStrays(this.ledger, this.read);
    const nameOf = (finding: Finding): string | null => {
      const number = Number(/ledger number (\d+)/.exec(finding.message)?.[1]);
      return heads.find((head) => head.number === number)?.id ?? directory?.get(number)?.id ?? checkpoints.get(number)?.id ?? null;
    };
    for (const stray of strays) this.add(nameOf(stray), [stray]);
    if (this.read !== null) this.notes = await readModelNotes(this.read);
    const known = new Set(heads.map((head) => head.number));
    for (const { number, id, position } of checkpoints.values())
      if (!known.has(number))
        this.add(id, [
          { check: 'checkpoint', position, account: null, message: `the read model has ledger ${id}, number ${number}, which has no head` },
        ]);
  }

  private add(ledger: string | null, findings: readonly Finding[]): void {
    for (const finding of findings) {
      this.failed.add(finding.check);
      if (this.differences.length < this.max) this.differences.push(differenceOf(ledger, finding));
    }
  }

  /** Two ledgers are under way, so that no worker waits for the other at the end of one. */
  private async each(
    heads: readonly Head[],
    checkpoints: ReadonlyMap<number, Checkpoint>,
    directory: ReadonlyMap<number, DirectoryEntry> | null,
    crew: PassRunner,
    pace: Pace,
  ): Promise<void> {
    const start = (head: Head | undefined): Promise<LedgerOutcome> | null => {
      if (head === undefined) return null;
      const outcome = this.passes(head, checkpoints.get(head.number) ?? null, crew);
      // Whoever waits for it hears of it; until then it is nobody's.
      outcome.catch(() => undefined);
      return outcome;
    };
    let next = this.differences.length < this.max ? start(heads[0]) : null;
    for (let i = 0; next !== null && this.differences.length < this.max; i++) {
      const current = next;
      next = start(heads[i + 1]);
      pace.ledger(heads[i]!.id);
      await this.conclude(await current, directory);
    }
  }

  private async passes(head: Head, checkpoint: Checkpoint | null, crew: PassRunner): Promise<LedgerOutcome> {
    const { number, id, uuid } = head;
    const rows = await this.ledger.client.query<{ code: string; scale: number }>(
      'select code, scale from ledger.currencies where ledger = $1',
      [number],
    );
    const scales = new Map(rows.map(({ code, scale }) => [code, scale]));
    const side = checkpoint === null || this.read === null ? null : await readReadSide(this.read, this.ledger, checkpoint);
    const facts: LedgerFacts = { number, id, uuid, read: side?.facts ?? null, scales };
    const names: readonly PassName[] = ['log', 'accounts', 'keys'];
    const outcome: Partial<LedgerOutcome> = {};
    await Promise.all(
      names.map(async (pass) => {
        const { result, seconds } = await crew.run({ pass, ledger: facts, differencesMax: this.max });
        Object.assign(outcome, { [result.pass]: result.result });
        this.seconds[pass] += seconds;
      }),
    );
    return { head, checkpoint, side, ...outcome } as LedgerOutcome;
  }

  private async conclude(outcome: LedgerOutcome, directory: ReadonlyMap<number, DirectoryEntry> | null): Promise<void> {
    const { head, checkpoint, side, log, accounts, keys } = outcome;
    const findings = new Findings(this.max);
    const counts: Counts = {};
    // Of one position, what is wrong with what is parked comes before what passes found: they went by it.
    findings.addAll(side?.findings ?? []);
    addCounts(counts, side?.counts ?? {});
    for (const pass of [log, accounts, keys]) {
      findings.addAll(pass.findings);
      addCounts(counts, pass.counts);
    }
    await conclude({ ...outcome, ledger: this.ledger, read: this.read, findings, counts });
    if (directory !== null) {
      counts.directory = 1;
      const difference = directoryDifference(head, directory.get(head.number));
      if (difference !== null) findings.addAll([difference]);
    }
    addCounts(this.counts, counts);
    this.add(head.id, [...(side?.misplaced ?? []), ...findings.list]);
    const standing = await standingOf(this.ledger, checkpoint, side);
    const isDifferent = findings.list.length > 0 || (side?.misplaced.length ?? 0) > 0;
    this.ledgers.push({
      ...standing,
      ledger: head.id,
      state: isDifferent ? 'different' : standing.state,
      head: String(head.position),
      readModel: checkpoint === null ? null : String(checkpoint.position),
      records: counts.positions ?? 0,
      entries: log.end.entries,
      accounts: accounts.accounts,
    });
  }

  private report(): VerifyReport {
    const total = (performance.now() - this.sinceMs) / 1000;
    const checks = CHECK_NAMES.map((name) => ({
      name,
      guarantee: CHECKS[name],
      count: this.counts[name] ?? 0,
      seconds: this.seconds[PASS_OF[name] ?? 'log'],
      ok: !this.failed.has(name),
    }));
    const records = this.ledgers.reduce((sum, ledger) => sum + ledger.records, 0);
    const ok = this.differences.length === 0;
    return {
      ok,
      proven: ok && this.ledgers.every(({ state }) => state === 'proven'),
      difference: this.differences[0] ?? null,
      differences: this.differences,
      checks,
      ledgers: this.ledgers,
      notes: this.notes,
      records,
      entries: this.ledgers.reduce((sum, ledger) => sum + ledger.entries, 0),
      seconds: total,
      recordsPerSecond: total === 0 ? 0 : records / total,
      peakRssMiB: process.resourceUsage().maxRSS / MIB,
    };
  }
}

/**
 * Reads a LedgerFlow with read-only roles and proves G1, G3 (as far as it is in the data), G4, G5 and G8 of every ledger. On a running one too: the read model's
 * snapshot is taken before the log's, so the log has everything that the read model shows, and each projection is compared where it is itself.
 * Throws when the databases cannot be read.
 */
export async function verify(options: VerifyOptions): Promise<VerifyReport> {
  const { ledgerUrl, readUrl } = options.target;
  const read = readUrl === null ? null : await Snapshot.take(readUrl);
  try {
    const ledger = await Snapshot.take(ledgerUrl);
    try {
      return await new Run(options, ledger, read).run();
    } finally {
      await ledger.close();
    }
  } finally {
    await read?.close();
  }
}
