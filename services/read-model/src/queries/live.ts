/** The projections that queries name; each is a column of `c` with the generation that is live. */
export type ProjectionName =
  | 'ledgers'
  | 'log_times'
  | 'account_statement'
  | 'transactions'
  | 'trial_balance'
  | 'account_summary'
  | 'daily_balances'
  | 'account_search'
  | 'ledger_activity';

/**
 * Whose parked records concern a statement: those of one account, by an expression of its text id; of any account; or, of a list of accounts, those of accounts which it can
 * not show, because the record that opens them is parked, as far as a condition of `q.id` says that they belong to it.
 */
export type Parked = { account: string } | { unopened: string } | 'any' | null;

/**
 * Projections that a statement only looks a time up in, any of them. What they have is final, so they count for the statement's position only when the time lies beyond all of them; null: the
 * statement answers nothing from beyond them.
 */
export interface Aside {
  projections: readonly ProjectionName[];
  time: string | null;
}

function parkedSince(parked: Parked): string {
  if (parked === null) return 'null::bigint';
  const which =
    parked === 'any'
      ? 'true'
      : 'unopened' in parked
        ? `${parked.unopened} and not exists (select from read.account_summary o where o.generation = account_summary.generation and o.account = q.account)`
        : `q.id = ${parked.account}`;
  return `case when h.parked_accounts > 0 then (select min(q.since) from read.parked_accounts q where q.ledger = h.ledger and ${which}) end`;
}

const least = (terms: readonly string[]): string => (terms.length === 1 ? (terms[0] as string) : `least(${terms.join(', ')})`);

/**
 * What a statement begins with, as `c`: the ledger whose text id is the expression `id`, the live generation of each projection that the statement reads (as a column of its
 * name), and as its position the least of theirs: what the statement's rows are complete up to. A projection that the ledger does not have yet is at 0. Of those aside also
 * `<name>_at`, how far they know the times, and `needs_aside`, whether they count. One probe each of checkpoints (id) and of projections' primary key for each; the
 * limits hold the planner to them.
 */
export function live(id: string, projections: readonly ProjectionName[], parked: Parked = null, aside: Aside | null = null): string {
  const all = [...projections, ...(aside?.projections ?? [])];
  const joins = all.map(
    (name) => `left join lateral (select p.generation, p.position, p.recorded_at from read.projections p
      where p.ledger = h.ledger and p.projection = '${name}' limit 1) ${name} on true`,
  );
  /** How far the furthest of those aside is. */
  const furthest = (column: 'position' | 'recorded_at'): string =>
    `greatest(${(aside?.projections ?? []).map((name) => `coalesce(${name}.${column}, 0)`).join(', ')})`;
  const isBeyond = aside === null || aside.time === null ? null : `${aside.time} > ${furthest('recorded_at')}`;
  /** Of those aside null, which least() passes over, unless they count. */
  const leastOf = (column: 'position' | 'recorded_at'): string =>
    least([
      ...projections.map((name) => `coalesce(${name}.${column}, 0)`),
      ...(isBeyond === null ? [] : [`case when ${isBeyond} then ${furthest(column)} end`]),
    ]);
  const columns = [
    ...all.map((name) => `coalesce(${name}.generation, 0) as ${name}`),
    ...(aside?.projections ?? []).map((name) => `coalesce(${name}.recorded_at, 0) as ${name}_at`),
    `${isBeyond ?? 'false'} as needs_aside`,
  ];
  return `(select h.id, h.ledger, h.uuid, h.slot, h.epoch, h.stopped_reason, h.position as applied_position, h.parked_accounts,
      ${leastOf('position')} as position, ${leastOf('recorded_at')} as recorded_at, ${columns.join(', ')},
      ${parkedSince(parked)} as parked_since
    from (select * from read.checkpoints at where at.id = ${id} limit 1) h ${joins.join('\n    ')} limit 1) c`;
}
