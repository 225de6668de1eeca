import type { Micros } from '@ledgerflow/contracts';
import type { Logger } from '@ledgerflow/platform/log';
import { Counter, type Registry } from '@ledgerflow/platform/metrics';
import type { Queryable } from '@ledgerflow/platform/postgres';
import { Problem } from '../http/problem.ts';

/** Who is about to do what. */
export interface AuditAction {
  actor: string;
  roles: readonly string[];
  /** A word of ours: `dlq.retry`, `rebuild.cancel` … */
  action: string;
  /** Text id; null: none, or all. */
  ledger: string | null;
  target: string | null;
  parameters: Readonly<Record<string, unknown>>;
  requestId: string;
}

/** How an action ended: done, accepted (it goes on), or the code of a problem. */
export interface AuditOutcome {
  outcome: string;
  result: unknown;
}

/** A call that was refused for who made it, or something read below /admin: written after the fact. */
export interface Access extends Omit<AuditAction, 'actor'> {
  recordedAt: Micros;
  /** Null: the caller could not be told. */
  actor: string | null;
  /** `done`, or the code of the problem. */
  outcome: string;
}

/** actions: written before they are done; accesses: after the fact. */
export type AuditKind = 'actions' | 'accesses';

export interface AuditEntry extends Omit<AuditAction, 'actor'> {
  id: bigint;
  recordedAt: Micros;
  actor: string | null;
  /** Null: begun, and how it ended is not known. */
  outcome: (AuditOutcome & { recordedAt: Micros }) | null;
}

export interface AuditKey {
  recordedAt: Micros;
  id: bigint;
}

export interface AuditFilter {
  /** Null: all, those of no ledger too. */
  ledgers: readonly string[] | null;
  actor?: string | undefined;
  action?: string | undefined;
  outcome?: string | undefined;
  requestId?: string | undefined;
  /** Bounds inclusive. */
  from?: Micros | undefined;
  to?: Micros | undefined;
}

interface Row {
  id: string;
  recorded_at: string;
  actor: string | null;
  roles: string[];
  action: string;
  ledger: string | null;
  target: string | null;
  parameters: Record<string, unknown>;
  request_id: string;
  outcome: string | null;
  result: unknown;
  concluded_at: string | null;
}

/** What a page of a list looked at: how many rows, and the last of them. */
interface Edge {
  scanned: number;
  edge_id: string | null;
  edge_at: string | null;
}

/** The one row that tells the edge when nothing is found. */
interface Unfound {
  id: null;
}

/** Rows that one page looks at: some 10 ms. */
const SCANNED_MAX = 5_000;

function toEntry(row: Row): AuditEntry {
  return {
    id: BigInt(row.id),
    recordedAt: BigInt(row.recorded_at),
    actor: row.actor,
    roles: row.roles,
    action: row.action,
    ledger: row.ledger,
    target: row.target,
    parameters: row.parameters,
    requestId: row.request_id,
    outcome:
      row.outcome === null || row.concluded_at === null
        ? null
        : { outcome: row.outcome, result: row.result, recordedAt: BigInt(row.concluded_at) },
  };
}

const microsOf = (column: string): string => `(extract(epoch from ${column}) * 1000000)::bigint`;
const timeOf = (parameter: string): string =>
  `(timestamptz 'epoch' + (${parameter}::bigint / 1000000) * interval '1 second' + (${parameter}::bigint % 1000000) * interval '1 microsecond')`;

export interface AuditStoreOptions {
  /** For what is written, and nothing else: without it nothing may be done. */
  db: Queryable;
  /** For what is searched. */
  reads: Queryable;
  scannedMax?: number;
  log: Logger;
  metrics?: Registry;
}

/** The gateway's own append-only record of what people did through it. */
export class AuditStore {
  private readonly db: Queryable;
  private readonly reads: Queryable;
  private readonly scannedMax: number;
  private readonly log: Logger;
  private readonly lost: Counter | null;

  constructor({ db, reads, scannedMax = SCANNED_MAX, log, metrics }: AuditStoreOptions) {
    this.db = db;
    this.reads = reads;
    this.scannedMax = scannedMax;
    this.log = log;
    this.lost =
      metrics === undefined
        ? null
        : new Counter({
            name: 'ledgerflow_audit_outcomes_lost_total',
            help: 'Actions that were done whose outcome could not be written to the audit store',
            registers: [metrics],
          });
  }

  /** Writes that something is about to be done; answers the entry's id. Throws the Problem audit_unavailable: then it must not be done. */
  async begin({ actor, roles, action, ledger, target, parameters, requestId }: AuditAction): Promise<bigint> {
    try {
      const { rows } = await this.db.query<{ id: string }>(
        'insert into audit.actions (actor, roles, action, ledger, target, parameters, request_id) values ($1, $2, $3, $4, $5, $6, $7) returning id',
        [actor, roles, action, ledger, target, JSON.stringify(parameters), requestId],
      );
      return BigInt(rows[0]!.id);
    } catch (error) {
      this.log.error({ err: error, action, actor, requestId }, 'the audit store can not be written, so nothing was done');
      throw new Problem('audit_unavailable');
    }
  }

  /** Writes how it ended. What was done is done: a failure is logged and counted, and the entry stays without an outcome. */
  async conclude(action: bigint, { outcome, result }: AuditOutcome): Promise<void> {
    try {
      await this.db.query('insert into audit.outcomes (action, outcome, result) values ($1, $2, $3)', [
        action.toString(),
        outcome,
        result === undefined ? null : JSON.stringify(result),
      ]);
    } catch (error) {
      this.lost?.inc();
      this.log.error(
        { err: error, action: action.toString(), outcome },
        'the outcome of an action could not be written to the audit store',
      );
    }
  }

  /** Writes accesses, all or none. Throws what the database throws. */
  async append(accesses: readonly Access[]): Promise<void> {
    const rows = accesses.map(({ recordedAt, requestId, ...access }) => ({
      ...access,
      recorded_at: recordedAt.toString(),
      request_id: requestId,
    }));
    await this.db.query(
      `insert into audit.accesses (recorded_at, actor, roles, action, ledger, target, parameters, request_id, outcome)
        select ${timeOf('recorded_at')}, actor, roles, action, ledger, target, parameters, request_id, outcome from jsonb_to_recordset($1::jsonb)
          as t(recorded_at bigint, actor text, roles text[], action text, ledger text, target text, parameters jsonb, request_id uuid, outcome text)`,
      [JSON.stringify(rows)],
    );
  }

  /**
   * Newest first; the key is (time, id). It goes along one index (the narrowest of request, actor, outcome of an access, action and a single ledger, else the time) and compares SCANNED_MAX rows with the rest at
   * most: a page may be short, or empty, and have a next key. Throws the Problem audit_unavailable.
   */
  async list(
    kind: AuditKind,
    filter: AuditFilter,
    page: { after: AuditKey | null; limit: number },
  ): Promise<{ rows: AuditEntry[]; next: AuditKey | null }> {
    const values: unknown[] = [];
    const value = (one: unknown): string => `$${values.push(typeof one === 'bigint' ? one.toString() : one)}`;
    const { ledgers, actor, action, outcome, requestId, from, to } = filter;
    const rest: string[] = [];
    const indexed: string[] = [];
    // In the order in which an index of theirs is taken.
    if (requestId !== undefined) indexed.push(`a.request_id = ${value(requestId)}::uuid`);
    if (actor !== undefined) indexed.push(`a.actor = ${value(actor)}`);
    if (outcome !== undefined) (kind === 'accesses' ? indexed : rest).push(`${kind === 'actions' ? 'o' : 'a'}.outcome = ${value(outcome)}`);
    if (action !== undefined) indexed.push(`a.action = ${value(action)}`);
    if (ledgers?.length === 1) indexed.push(`a.ledger = ${value(ledgers[0])}`);
    else if (ledgers !== null) rest.push(`a.ledger = any(${value(ledgers)}::text[])`);
    rest.push(...indexed.splice(1));
    if (from !== undefined) indexed.push(`a.recorded_at >= ${timeOf(value(from))}`);
    if (to !== undefined) indexed.push(`a.recorded_at <= ${timeOf(value(to))}`);
    if (page.after !== null)
      indexed.push(`(a.recorded_at, a.id) < (${timeOf(value(page.after.recordedAt))}, ${value(page.after.id)}::bigint)`);
    // With nothing left to compare the index alone finds the page.
    const scannedMax = rest.length === 0 ? page.limit + 1 : this.scannedMax;
    const where = (all: readonly string[]): string => (all.length === 0 ? '' : `where ${all.join(' and ')}`);
    const [join, ended] =
      kind === 'actions'
        ? ['left join audit.outcomes o on o.action = a.id', `o.outcome, o.result, ${microsOf('o.recorded_at')} as concluded_at`]
        : ['', `a.outcome, null::jsonb as result, ${microsOf('a.recorded_at')} as concluded_at`];
    const sql = `with scanned as materialized
        (select a.* from audit.${kind} a ${where(indexed)} order by a.recorded_at desc, a.id desc limit ${value(scannedMax)}),
      edge as (select (select count(*) from scanned)::int as scanned, s.id as edge_id, ${microsOf('s.recorded_at')} as edge_at
        from (select 1) one left join (select id, recorded_at from scanned order by recorded_at, id limit 1) s on true),
      found as (select a.id, ${microsOf('a.recorded_at')} as recorded_at, a.actor, a.roles, a.action, a.ledger, a.target, a.parameters, a.request_id, ${ended}
        from scanned a ${join} ${where(rest)} order by a.recorded_at desc, a.id desc limit ${value(page.limit + 1)})
      select edge.*, f.* from edge left join found f on true order by f.recorded_at desc, f.id desc`;
    const { rows } = await this.reads.query<(Row | Unfound) & Edge>(sql, values).catch((error: unknown) => {
      this.log.warn({ err: error }, 'the audit store can not be read');
      throw new Problem('audit_unavailable', { detail: 'The audit store does not answer' });
    });
    const found = rows.filter((row): row is Row & Edge => row.id !== null).map(toEntry);
    const kept = found.slice(0, page.limit);
    const last = kept.at(-1);
    if (found.length > page.limit && last !== undefined) return { rows: kept, next: { recordedAt: last.recordedAt, id: last.id } };
    const { scanned, edge_id: id, edge_at: at } = rows[0]!;
    return { rows: kept, next: scanned === scannedMax ? { recordedAt: BigInt(at!), id: BigInt(id!) } : null };
  }
}
