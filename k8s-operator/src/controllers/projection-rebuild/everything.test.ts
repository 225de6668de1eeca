import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { END_PHASES, parse, PHASES, ProjectionRebuildStatus } from '../../api/v1alpha1/index.ts';
import { REBUILD_STATES } from '../../gateway/rebuild.ts';
import { REBUILD_EVENTS, REBUILD_REASONS } from '../catalogue.ts';
import { withoutForgedEnd, endByConditions } from './forged-end.ts';
import { decide } from './decide.ts';
import type { JobView } from './job.ts';
import {
  ago,
  AWAY,
  BEGUN,
  begun,
  ending,
  exited,
  job,
  jobEnd,
  known,
  NOW,
  objectOf,
  older,
  other,
  row,
  situation,
} from './situation.fixture.ts';
import { FINALIZER, type Rows, type Situation } from './situation.ts';
import { timeText } from './status.ts';

/** Ends as the operator writes them. */
const ENDED: readonly ProjectionRebuildStatus[] = [
  ...(['swapped', 'proven', 'cancelled', 'refused'] as const).map((state) => situation(begun(), { rows: known(row(state)) })),
  situation(begun({ spec: { retries: 0 } }), { jobs: [jobEnd(false)] }),
].map((is) => decide(is).status);

/** Every combination, whether or not it can come about. */
function* everything(): Iterable<Situation> {
  const jobs: JobView[][] = [
    [],
    [job()],
    [job({ failed: 2 })],
    [job({ active: 0 })],
    [job({ isSuspended: true })],
    [job({ isDeleting: true })],
    [jobEnd(true)],
    [jobEnd(true, { at: NOW - 100_000 })],
    [jobEnd(false)],
    ...[1, 2, 3, 4, 5, 6, 137].map((code) => [exited(code)]),
  ];
  const rows: Rows[] = [
    AWAY,
    { ...AWAY, reason: 'GatewayRefused' } as Rows,
    known(null),
    known(null, { other }),
    known(null, { other, isOtherAbandoned: true }),
    known(null, { isProjectionKnown: false }),
    ...REBUILD_STATES.map((state) => known(row(state))),
  ];
  const statuses: (ProjectionRebuildStatus | undefined)[] = [
    undefined,
    { phase: 'Waiting', attempt: 1 },
    { phase: 'Suspended' },
    BEGUN,
    { ...BEGUN, activeSince: ago(900_000) },
    { ...BEGUN, phase: 'Suspended' },
    { ...BEGUN, ending: ending('JobFailed', 5_000) },
    { ...BEGUN, ending: ending('NoSwap', 200_000) },
    { ...BEGUN, attempt: 3 },
    { ...BEGUN, attempt: 2, retryAt: timeText(NOW + 5_000) },
    ...[...END_PHASES].map((phase) => ({ ...BEGUN, phase, finishedAt: ago(5_000) })),
    ...ENDED,
  ];
  for (const status of statuses)
    for (const suspend of [false, true])
      for (const deletedMs of [null, 1_000, 200_000, 90_000_000])
        for (const deadlineSeconds of [undefined, 10])
          for (const list of jobs)
            for (const what of rows)
              for (const blocker of [null, older]) {
                const metadata = { finalizers: [FINALIZER], ...(deletedMs === null ? {} : { deletionTimestamp: ago(deletedMs) }) };
                const more = { jobs: list, rows: what, blocker };
                const object = objectOf({ status, spec: { suspend, deadlineSeconds }, metadata });
                yield situation(object, more);
                if (list.length > 0 || blocker !== null) continue;
                yield situation(object, { ...more, isNameTaken: true });
                yield situation(object, { ...more, cancelRefusal: 'no' });
                for (const refused of [403, 422]) yield situation(object, { ...more, refusal: { status: refused, message: 'no' } });
              }
}

describe('whatever is there', () => {
  it('an end stays an end, nothing is made for what is suspended, deleted or at its end, and every wait has an end', () => {
    let count = 0;
    const reasons = new Map<string, Set<string>>();
    const note = (type: string, reason: string): void => void (reasons.get(type) ?? reasons.set(type, new Set()).get(type)!).add(reason);
    for (const is of everything()) {
      count++;
      const { object } = is;
      const decision = decide(is);
      for (const { type, reason } of decision.status.conditions ?? []) note(type, reason);
      for (const { reason } of decision.events) note('event', reason);
      // An end that is none is not believed; what was one stays one.
      const believed = withoutForgedEnd(object, is.rows);
      const before = believed.status?.phase;
      const after = decision.status.phase;
      const isEnd = after !== undefined && END_PHASES.has(after);
      const wrong = (what: string): never => {
        throw new Error(`${what}\n${JSON.stringify({ is, decision }, null, 1)}`);
      };
      const isSaid = before !== undefined && endByConditions(object.status!)?.phase === before;
      if (isSaid && END_PHASES.has(before) && !END_PHASES.has(after!)) wrong('an end was taken back');
      if (decision.makeJob !== null && (object.spec.suspend || object.metadata.deletionTimestamp !== undefined || isEnd))
        wrong('a Job was made');
      if (decision.makeJob !== null && is.jobs.some(({ attempt }) => attempt === decision.makeJob)) wrong('a second Job was made');
      if (
        decision.makeJob !== null &&
        is.blocker !== null &&
        object.status?.rebuildId === undefined &&
        (is.rows.known ? is.rows.own : null) === null
      )
        wrong('it did not wait');
      const isOpenNow = is.rows.known && is.rows.own !== null && ['waiting', 'running'].includes(is.rows.own.state);
      if (isOpenNow && isEnd && object.metadata.deletionTimestamp === undefined) wrong('it ended, and its rebuild goes on');
      const isDayOld = Date.parse(object.metadata.deletionTimestamp ?? ago(0)) <= NOW - 86_400_000;
      if (isOpenNow && decision.finalizer === 'remove' && !isDayOld) wrong('it is let go, and its rebuild goes on');
      if (object.metadata.deletionTimestamp !== undefined && decision.finalizer !== 'remove' && decision.requeueAfterMs === null)
        wrong('it hangs');
      if (
        (after === 'Running' ||
          after === 'Waiting' ||
          after === 'Pending' ||
          (after === 'Suspended' && decision.status.rebuildId !== undefined)) &&
        decision.requeueAfterMs === null &&
        decision.finalizer !== 'remove'
      )
        wrong('it is not looked at again');
      if (isEnd && object.metadata.deletionTimestamp === undefined && before !== after && decision.status.finishedAt === undefined)
        wrong('no time of the end');
      const parsed = parse(ProjectionRebuildStatus, decision.status);
      if (!parsed.ok) wrong(parsed.problem);
      const swapped = is.rows.known && is.rows.own?.state === 'swapped';
      const isOver = before !== undefined && END_PHASES.has(before);
      if (after === 'Swapped' && !swapped && !isOver) wrong('it is called swapped and is not');
      // Decided again on what was just decided, with nothing else changed: the same status, or the rows' word would depend on how often it is looked at.
      if (object.metadata.deletionTimestamp === undefined && isEnd) {
        const again = decide({ ...is, object: { ...object, status: decision.status } });
        if (!isDeepStrictEqual(again.status, { ...decision.status, observedGeneration: 1 }) || again.events.length > 0)
          wrong('it is told anew');
      }
    }
    expect(count).toBeGreaterThan(10_000);
    // What the reference says of reasons is what there is.
    const running = Object.keys(REBUILD_REASONS['Running']!);
    const told = new Set<string>([...Object.keys(REBUILD_EVENTS), ...running, ...PHASES]);
    for (const reason of reasons.get('event') ?? []) expect(told).toContain(reason);
    reasons.delete('event');
    const named = Object.fromEntries([...reasons].map(([type, all]) => [type, [...all].sort()]));
    expect(named).toEqual(Object.fromEntries(Object.entries(REBUILD_REASONS).map(([type, all]) => [type, Object.keys(all).sort()])));
  });
});
