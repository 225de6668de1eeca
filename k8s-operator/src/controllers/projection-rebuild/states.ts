import { conditionOf } from '../../api/v1alpha1/index.ts';
import { type JobView, jobNameOf, rebuildIdOf } from './job.ts';
import { type Decision, FINALIZER, type Situation } from './situation.ts';
import { decision, type Next } from './status.ts';

const AWAY_MIN_MS = 5_000;

const AWAY_MAX_MS = 60_000;

export { REQUEUE_MAX_MS } from '../../runtime/controller.ts';

type Running = Next['running'];

export const not = (reason: string, message: string): Running => ({ status: 'False', reason, message });

export const yes = (reason: string, message: string): Running => ({ status: 'True', reason, message });

export const attemptOf = ({ object }: Situation): number => object.status?.attempt ?? 1;

export const idOf = (situation: Situation): string => rebuildIdOf(situation.object.metadata.uid ?? '', attemptOf(situation));

export const jobOf = (situation: Situation): JobView | undefined => situation.jobs.find(({ attempt }) => attempt === attemptOf(situation));

export const unfinished = ({ jobs }: Situation): JobView[] => jobs.filter(({ end, isDeleting }) => end === null && !isDeleting);

export const hasFinalizer = ({ object }: Situation): boolean => object.metadata.finalizers?.includes(FINALIZER) ?? false;

/** Somebody else's rebuild of the same rows goes on: this one has not begun. */
export function waitsForOther(
  situation: Situation,
  other: { id: string; isAbandoned: boolean } | null,
  deleteJobs: readonly JobView[],
): Decision {
  const waitsFor = other === null ? undefined : { rebuild: other.id };
  return decision(situation, {
    phase: 'Waiting',
    running:
      other === null
        ? not('RequestedRebuild', 'Waits for a rebuild that touches the same rows.')
        : other.isAbandoned
          ? not(
              'AbandonedRebuild',
              `Waits for rebuild ${other.id}, which touches the same rows and nobody works on. ${cancelText(other.id)}`,
            )
          : not('RequestedRebuild', `Waits for the end of rebuild ${other.id}, which touches the same rows.`),
    fields: { rebuildId: undefined, activeSince: undefined, job: undefined, waitsFor },
    deleteJobs,
    requeueAfterMs: situation.timing.waitMs,
  });
}

/** What a person does about a rebuild that goes on only for who names its id, when nobody does. */
export const cancelText = (id: string): string =>
  `When no ProjectionRebuild goes on with it, cancel it through the gateway: DELETE /api/v1/admin/projections/all/rebuilds/${id}`;

export const nameTaken = (situation: Situation) => ({
  running: not(
    'JobNameTaken',
    `A Job named ${jobNameOf(situation.object.metadata.name, attemptOf(situation))} is another's: waits until it is gone.`,
  ),
  requeueAfterMs: sinceRunningChanged(situation, 'JobNameTaken'),
});

export const away = (situation: Situation, { reason, message }: { reason: string; message: string }) => ({
  running: { status: 'Unknown' as const, reason, message },
  requeueAfterMs: sinceRunningChanged(situation, reason),
});

/** While a rebuild is being cancelled: why, and what the gateway said when it did not take it. That stays said until it has. */
export function cancelling(situation: Situation, otherwise: Running): Running {
  const { rows, cancelRefusal } = situation;
  if (cancelRefusal !== null) return not('CancelRefused', `${otherwise.message} The gateway did not take it: ${cancelRefusal}`);
  const isAsked = rows.known && rows.own !== null && rows.own.state !== 'cancelling';
  return isAsked ? stillOr(situation, ['CancelRefused'], otherwise) : otherwise;
}

/** What the condition Running says, when its reason is one of these; otherwise what it shall say. */
export function stillOr({ object }: Situation, reasons: readonly string[], otherwise: Running): Running {
  const is = conditionOf(object.status?.conditions, 'Running');
  return is !== undefined && reasons.includes(is.reason) ? is : otherwise;
}

/** Asked again after as long as it has been so already: back-off that needs no memory. */
export function sinceRunningChanged({ object, now }: Situation, ...reasons: string[]): number {
  const running = conditionOf(object.status?.conditions, 'Running');
  const ageMs = running !== undefined && reasons.includes(running.reason) ? now - Date.parse(running.lastTransitionTime) : 0;
  return Math.max(AWAY_MIN_MS, Math.min(ageMs, AWAY_MAX_MS));
}
