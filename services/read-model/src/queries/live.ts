/** The projections that queries name; each is a column of `c` with the generation that is live. */
export type ProjectionName = 'ledgers' | 'log_times' | 'account_statement' | 'transactions' | 'trial_balance' | 'account_summary';

/**
 * Whose parked records concern a statement: those of one account, by an expression of its text id; or, of a list of accounts, those of accounts which it can not show, because
 * the record that opens them is parked.
 */
export type Parked = { account: string } | 'unopened' | null;

function parkedSince(parked: Parked): string {
  if (parked === null) return 'null::bigint';
  const which =
    parked === 'unopened'
      ? `not exists (select from read.account_summary o where o.generation = account_summary.generation and o.account = q.account)`
      : `q.id = ${parked.account}`;
  return `case when h.parked_accounts > 0 then (select min(q.since) from read.parked_accounts q where q.ledger = h.ledger and ${which}) end`;
}

const least = (terms: readonly string[]): string => (terms.length === 1 ? (terms[0] as string) : `least(${terms.join(', ')})`);

/**
 * What a statement begins with, as `c`: the ledger whose text id is the expression `id`, the live generation of each projection that the statement reads (as a column of its
 * name), and as its position the least of theirs: what the statement's rows are complete up to. A projection that the ledger does not have yet is at 0. One probe each
 * of checkpoints (id) and of projections' primary key for each; the limits hold the planner to them.
 */
export function live(id: string, projections: readonly ProjectionName[], parked: Parked = null): string {
  const joins = projections.map(
    (name) => `left join lateral (select p.generation, p.position, p.recorded_at from read.projections p
      where p.ledger = h.ledger and p.projection = '${name}' limit 1) ${name} on true`,
  );
  const columns = projections.map((name) => `coalesce(${name}.generation, 0) as ${name}`);
  return `(select h.id, h.ledger, h.uuid, h.slot, h.epoch, h.stopped_reason, h.position as applied_position, h.parked_accounts,
      ${least(projections.map((name) => `coalesce(${name}.position, 0)`))} as position,
      ${least(projections.map((name) => `coalesce(${name}.recorded_at, 0)`))} as recorded_at, ${columns.join(', ')},
      ${parkedSince(parked)} as parked_since
    from (select * from read.checkpoints at where at.id = ${id} limit 1) h ${joins.join('\n    ')} limit 1) c`;
}
