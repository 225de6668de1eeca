import { randomUUID } from 'node:crypto';
import { RebuildRefusedError } from '@ledgerflow/read-model';
import type {
  DeadLetter,
  Page,
  PageRequest,
  ProjectionState,
  RebuildPart,
  RebuildRefusal,
  RebuildRow,
  RepairOutcome,
  RepairRequest,
  RepairRow,
} from '@ledgerflow/read-model';
import type { Access, AuditAction, AuditEntry, AuditOutcome, AuditStore } from '../audit/store.ts';
import { Problem } from '../http/problem.ts';
import type { Operations } from '../operations/operations.ts';

/** One page of all there is: paging is tested with the database. */
const firstPage = <T, K>(rows: T[], { limit }: PageRequest<K>): Page<T, K> => ({ rows: rows.slice(0, limit), next: null });
const sees = (ledgers: readonly string[] | null, ledger: string | null): boolean =>
  ledgers === null || (ledger !== null && ledgers.includes(ledger));

/** Dead letters, repairs and rebuilds as a test wants them, and a builder that does what the test says. */
export class TestOperations {
  ledgers: string[] = [];
  letters: DeadLetter[] = [];
  states: ProjectionState[] = [];
  rebuilds: RebuildRow[] = [];
  parts: RebuildPart[] = [];
  /** Why no rebuild is begun. */
  refusal: RebuildRefusal | null = null;
  readonly requests: RepairRequest[] = [];
  private readonly repairs = new Map<string, RepairRow>();
  /** What comes of a repair; null: it is not finished in time. */
  repair: (request: RepairRequest) => RepairOutcome | null = () => ({ applied: 1, left: 0, code: null, detail: null });

  letter(ledger: string, position: bigint, over: Partial<DeadLetter> = {}): DeadLetter {
    if (!this.ledgers.includes(ledger)) this.ledgers.push(ledger);
    const letter: DeadLetter = {
      id: BigInt(this.letters.length + 1),
      ledger,
      ledgerNumber: this.ledgers.indexOf(ledger) + 1,
      position,
      state: 'refused',
      error: 'it can not be',
      projections: ['account_summary'],
      accounts: ['alice'],
      accountCount: 1,
      recordBytes: 2,
      parkedAt: 1_790_000_000_000_000n,
      attempts: 1,
      lastAttemptAt: null,
      record: '{}',
      ...over,
    };
    this.letters.push(letter);
    return letter;
  }

  finish(id: string, outcome: RepairOutcome): void {
    const repair = this.repairs.get(id);
    if (repair !== undefined) repair.outcome = outcome;
  }

  readonly outcomes = { wait: (id: string): Promise<RepairOutcome | null> => Promise.resolve(this.repairs.get(id)?.outcome ?? null) };

  readonly operations: Operations = {
    getLedgerNumber: (ledger) => Promise.resolve(this.ledgers.includes(ledger) ? this.ledgers.indexOf(ledger) + 1 : null),
    listDeadLetters: ({ ledgers, account, state }, request) => {
      const rows = this.letters.filter(
        (letter) =>
          sees(ledgers, letter.ledger) &&
          (account === undefined || letter.accounts.includes(account)) &&
          (state === undefined || letter.state === state),
      );
      return Promise.resolve(firstPage(rows, request));
    },
    getDeadLetter: (id) => Promise.resolve(this.letters.find((letter) => letter.id === id) ?? null),
    requestRepair: (request) => {
      this.requests.push(request);
      const id = randomUUID();
      const ledger = request.ledger === null ? null : (this.ledgers[request.ledger - 1] ?? null);
      this.repairs.set(id, { id, kind: request.kind, deadLetter: request.deadLetter, ledger, outcome: this.repair(request) });
      return Promise.resolve(id);
    },
    getRepair: (id) => Promise.resolve(this.repairs.get(id) ?? null),
    listProjectionStates: ({ ledger, projection }, request) => {
      const rows = this.states.filter(
        (state) => (ledger === null || state.ledger === ledger) && (projection === null || state.projection === projection),
      );
      return Promise.resolve(firstPage(rows, request));
    },
    listRebuilds: (projection, ledgers, request) => {
      const rows = this.rebuilds.filter(
        (rebuild) =>
          sees(ledgers, rebuild.ledger) && (projection === null || rebuild.projection === null || rebuild.projection === projection),
      );
      return Promise.resolve(firstPage(rows.toReversed(), request));
    },
    getRebuild: (id) => Promise.resolve(this.rebuilds.find((rebuild) => rebuild.id === id) ?? null),
    listRebuildParts: () => Promise.resolve(this.parts),
    requestRebuild: (request) => {
      if (this.refusal !== null) return Promise.reject(new RebuildRefusedError(this.refusal, 'why it is not begun', {}));
      const clashes = this.rebuilds.some(
        ({ finishedAt, projection, ledger }) =>
          finishedAt === null &&
          (projection === null || request.projection === null || projection === request.projection) &&
          (ledger === null || request.ledger === null || ledger === request.ledger),
      );
      if (clashes) return Promise.resolve(null);
      const at = 1_790_000_000_000_000n;
      const id = randomUUID();
      const nothingYet = { startedAt: null, finishedAt: null, partsTotal: 0, partsDone: 0, recordsTotal: 0n, recordsDone: 0n };
      this.rebuilds.push({
        ...request,
        ...nothingYet,
        id,
        isByIdOnly: false,
        state: 'waiting',
        waitsFor: null,
        requestedAt: at,
        updatedAt: at,
        rate: null,
        error: null,
        difference: null,
      });
      return Promise.resolve(id);
    },
    cancelRebuild: (id) => {
      const rebuild = this.rebuilds.find((candidate) => candidate.id === id);
      if (rebuild?.state === 'waiting' || rebuild?.state === 'running') rebuild.state = 'cancelling';
      return Promise.resolve(rebuild?.state ?? null);
    },
  };
}

/** An audit store in memory, which a test can take away. */
export class TestAudit implements Pick<AuditStore, 'begin' | 'conclude' | 'list' | 'append'> {
  isDown = false;
  readonly entries: AuditEntry[] = [];
  readonly accesses: AuditEntry[] = [];

  begin(action: AuditAction): Promise<bigint> {
    if (this.isDown) return Promise.reject(new Problem('audit_unavailable'));
    const id = BigInt(this.entries.length + 1);
    this.entries.push({ ...action, id, recordedAt: 1_790_000_000_000_000n + id, outcome: null });
    return Promise.resolve(id);
  }

  conclude(action: bigint, outcome: AuditOutcome): Promise<void> {
    const entry = this.entries[Number(action) - 1]!;
    if (!this.isDown) entry.outcome = { ...outcome, recordedAt: entry.recordedAt + 1n };
    return Promise.resolve();
  }

  append(accesses: readonly Access[]): Promise<void> {
    if (this.isDown) return Promise.reject(new Error('the audit store is down'));
    for (const { outcome, ...access } of accesses) {
      const ended = { outcome, result: null, recordedAt: access.recordedAt };
      this.accesses.push({ ...access, id: BigInt(this.accesses.length + 1), outcome: ended });
    }
    return Promise.resolve();
  }

  list: AuditStore['list'] = (kind, { ledgers, actor, action, outcome, requestId, from, to }, { after, limit }) => {
    if (this.isDown) return Promise.reject(new Problem('audit_unavailable'));
    const all = (kind === 'actions' ? this.entries : this.accesses).filter(
      (entry) =>
        sees(ledgers, entry.ledger) &&
        (actor === undefined || entry.actor === actor) &&
        (action === undefined || entry.action === action) &&
        (outcome === undefined || entry.outcome?.outcome === outcome) &&
        (requestId === undefined || entry.requestId === requestId) &&
        (from === undefined || entry.recordedAt >= from) &&
        (to === undefined || entry.recordedAt <= to) &&
        (after === null || entry.recordedAt < after.recordedAt || (entry.recordedAt === after.recordedAt && entry.id < after.id)),
    );
    all.sort((a, b) => Number(b.recordedAt - a.recordedAt) || Number(b.id - a.id));
    const rows = all.slice(0, limit);
    return Promise.resolve({ rows, next: all.length > limit ? rows.at(-1)! : null });
  };
}
