import { END_PHASES, type ProjectionRebuild } from '../../api/v1alpha1/index.ts';

const ALL = 'all';

interface Rows {
  projection: string;
  ledger: string | null;
}

/** Whether two rebuilds touch the same rows, as the read model has it: the same projection or all, and the same ledger or all. Accounts of one ledger wait for each other. */
export function overlaps(a: Rows, b: Rows): boolean {
  return (
    (a.projection === ALL || b.projection === ALL || a.projection === b.projection) &&
    (a.ledger === null || b.ledger === null || a.ledger === b.ledger)
  );
}

export const rowsOf = ({ spec }: Pick<ProjectionRebuild, 'spec'>): Rows => ({
  projection: spec.projection,
  ledger: spec.scope.ledger ?? null,
});

/** It has asked for a rebuild and is not at its end: while that is so nothing else may touch its rows, suspended or not. */
export const hasBegun = ({ status }: Pick<ProjectionRebuild, 'status'>): boolean =>
  status?.rebuildId !== undefined && !isAtEnd(status.phase);

export const isAtEnd = (phase: string | undefined): boolean => phase !== undefined && (END_PHASES as ReadonlySet<string>).has(phase);

/** Others with the same rows may not begin while it is there: it has begun, or it may begin itself. */
export const isInTheWay = (object: ProjectionRebuild): boolean =>
  hasBegun(object) || (!isAtEnd(object.status?.phase) && !object.spec.suspend && object.metadata.deletionTimestamp === undefined);

/** Older first: by creation, then by name. */
function order(a: ProjectionRebuild, b: ProjectionRebuild): number {
  const left = [a.metadata.creationTimestamp ?? '', a.metadata.name, a.metadata.namespace];
  const right = [b.metadata.creationTimestamp ?? '', b.metadata.name, b.metadata.namespace];
  for (let i = 0; i < left.length; i++) {
    if (left[i]! < right[i]!) return -1;
    if (left[i]! > right[i]!) return 1;
  }
  return 0;
}

/**
 * The object that this one, which has not begun, has to wait for; null when it may begin. Of many it is the last in the line before it, so that an end wakes one that waits
 * and not all of them.
 */
export function blockerOf(object: ProjectionRebuild, all: Iterable<ProjectionRebuild>): ProjectionRebuild | null {
  const rows = rowsOf(object);
  let last: ProjectionRebuild | null = null;
  for (const other of all) {
    if (other.metadata.uid === object.metadata.uid || !isInTheWay(other)) continue;
    if (!(hasBegun(other) || order(other, object) < 0) || !overlaps(rows, rowsOf(other))) continue;
    if (last === null || order(last, other) < 0) last = other;
  }
  return last;
}
