import type { Queryable } from '@ledgerflow/platform/postgres';
import { run, statement } from '../statement.ts';
import { request, type Requests } from './requests.ts';

export type RepairCode = 'earlier_record_parked' | 'balance_depends' | 'not_refused' | 'not_found' | 'still_refused' | 'ledger_stopped';

/** What came of a repair: how many records were applied (or discarded), how many of those asked for are left, and why, when it was not done. */
export interface RepairOutcome {
  applied: number;
  left: number;
  code: RepairCode | null;
  detail: string | null;
}

export interface RepairRequest {
  kind: 'retry' | 'discard';
  /** Null: all of the ledger, or, with ledger null too, of all ledgers. */
  deadLetter: bigint | null;
  /** The ledger's number. */
  ledger: number | null;
  reason: string | null;
  actor: string;
}

/** Asks a builder for a repair; answers its id. */
export async function requestRepair(pool: Requests, { kind, deadLetter, ledger, reason, actor }: RepairRequest): Promise<string> {
  return request(pool, async (client) => {
    const { rows } = await client.query<{ id: string }>('select read.request_repair($1, $2, $3, $4, $5) as id', [
      kind,
      deadLetter?.toString() ?? null,
      ledger,
      reason,
      actor,
    ]);
    return rows[0]!.id;
  });
}

export interface FinishedRepair {
  id: string;
  outcome: RepairOutcome;
}

function toOutcome(outcome: Partial<RepairOutcome> | null): RepairOutcome {
  return { applied: outcome?.applied ?? 0, left: outcome?.left ?? 0, code: outcome?.code ?? null, detail: outcome?.detail ?? null };
}

const OUTCOMES = statement('select id, outcome from read.repairs where id = any($1::uuid[]) and finished_at is not null');

/** Those of some repairs that are finished. Primary key. */
export async function readRepairOutcomes(db: Queryable, repairs: readonly string[]): Promise<FinishedRepair[]> {
  const { rows } = await run<{ id: string; outcome: Partial<RepairOutcome> | null }>(db, OUTCOMES, [repairs]);
  return rows.map(({ id, outcome }) => ({ id, outcome: toOutcome(outcome) }));
}

/** A repair that was asked for; outcome null while it is not finished. */
export interface RepairRow {
  id: string;
  kind: 'retry' | 'discard';
  deadLetter: bigint | null;
  /** Text id; null: all ledgers. */
  ledger: string | null;
  outcome: RepairOutcome | null;
}

const GET = statement(`select r.id, r.kind, r.dead_letter, c.id as ledger, r.finished_at is not null as is_finished, r.outcome
  from read.repairs r left join read.checkpoints c on c.ledger = r.ledger where r.id = $1`);

/** Null when there is none. Primary keys. */
export async function getRepair(db: Queryable, id: string): Promise<RepairRow | null> {
  const { rows } = await run<{
    id: string;
    kind: RepairRow['kind'];
    dead_letter: string | null;
    ledger: string | null;
    is_finished: boolean;
    outcome: Partial<RepairOutcome> | null;
  }>(db, GET, [id]);
  const row = rows[0];
  if (row === undefined) return null;
  return {
    id: row.id,
    kind: row.kind,
    deadLetter: row.dead_letter === null ? null : BigInt(row.dead_letter),
    ledger: row.ledger,
    outcome: row.is_finished ? toOutcome(row.outcome) : null,
  };
}
