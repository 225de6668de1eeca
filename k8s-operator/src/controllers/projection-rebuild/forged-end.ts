import { conditionOf, type Phase, type ProjectionRebuild, type ProjectionRebuildStatus } from '../../api/v1alpha1/index.ts';
import { type GatewayRebuild, isOpen } from '../../gateway/rebuild.ts';
import { isAtEnd } from './overlap.ts';
import { FINALIZER, type Rows } from './situation.ts';

/** The end that the conditions speak of, with the words of it; null when they speak of none. */
export function endByConditions({ conditions }: ProjectionRebuildStatus): { phase: Phase; message: string } | null {
  const failed = conditionOf(conditions, 'Failed');
  if (failed?.status === 'True') return { phase: 'Failed', message: failed.message };
  const running = conditionOf(conditions, 'Running');
  if (running?.status !== 'False') return null;
  switch (running.reason) {
    case 'Swapped':
    case 'Proven':
    case 'Cancelled':
      return { phase: running.reason, message: running.message };
    default:
      return null;
  }
}

/** Ends of a rebuild whose object may be Failed for a reason of the operator's own: it had it cancelled, and may not have waited for that. */
export const maySayFailed = ({ state }: GatewayRebuild): boolean => state === 'cancelled' || state === 'failed' || state === 'cancelling';

/**
 * The object, without an end that somebody wrote into its status and that is none: its rebuild goes on, or failed and may be
 * tried again, or neither rows nor conditions speak of an end. As it is while the rows are not known.
 */
export function withoutForgedEnd(object: ProjectionRebuild, rows: Rows): ProjectionRebuild {
  const { status, metadata } = object;
  if (status === undefined || !isAtEnd(status.phase) || !rows.known) return object;
  const { own } = rows;
  const said = endByConditions(status);
  const isKept = said?.phase === 'Failed' && (own === null || maySayFailed(own));
  const hasFinalizer = metadata.finalizers?.includes(FINALIZER) === true;
  const isForged = own === null ? said === null : !isKept && (isOpen(own) || (own.state === 'failed' && hasFinalizer));
  if (!isForged) return object;
  const { phase: _, finishedAt: __, ...rest } = status;
  return { ...object, status: rest };
}
