import { parse, type ProjectionRebuild, ProjectionRebuildSpec, ProjectionRebuildStatus } from '../../api/v1alpha1/index.ts';
import type { GatewayClient } from '../../gateway/client.ts';
import { GatewayError } from '../../gateway/errors.ts';
import { type GatewayRebuild, isOpen } from '../../gateway/rebuild.ts';
import type { Job, KubeObject } from '../../kube/resources.ts';
import { withoutForgedEnd } from './forged-end.ts';
import { type JobView, jobNameOf, LABELS, ownerOf, rebuildIdOf, viewOf } from './job.ts';
import { blockerOf, hasBegun, isAtEnd, overlaps, rowsOf } from './overlap.ts';
import { FINALIZER, type Rows, type Situation, type Timing } from './situation.ts';

/** The caches of objects, and the gateway. */
export interface Sources {
  rebuilds: { get(namespace: string, name: string): KubeObject | undefined; list(): readonly KubeObject[] };
  jobs: { get(namespace: string, name: string): Job | undefined; list(): readonly Job[] };
  /** The Jobs of an object as the API server has them now. */
  listJobs: (namespace: string, uid: string, signal?: AbortSignal) => Promise<readonly Job[]>;
  gateway: Pick<GatewayClient, 'getRebuild' | 'listRebuilds'>;
  timing: Timing;
  now: () => number;
}

export type Understood = { ok: true; object: ProjectionRebuild } | { ok: false; problem: string; object: ProjectionRebuild };

const NOTHING: Rows & { known: true } = { known: true, own: null, other: null, isOtherAbandoned: false, isProjectionKnown: true };

/**
 * An object as its schema has it. One that does not fit is answered with what is wrong, and with as much of it as cancelling its rebuild needs: it may be deleted whatever
 * became of its spec.
 */
export function understand(found: KubeObject): Understood {
  const { spec, status } = found as KubeObject & { spec?: unknown; status?: unknown };
  const parsedSpec = parse(ProjectionRebuildSpec, spec);
  const parsedStatus = parse(ProjectionRebuildStatus, status ?? {});
  if (parsedSpec.ok && parsedStatus.ok) return { ok: true, object: { ...found, spec: parsedSpec.value, status: parsedStatus.value } };
  const problems = [
    ...(parsedSpec.ok ? [] : [`spec: ${parsedSpec.problem}`]),
    ...(parsedStatus.ok ? [] : [`status: ${parsedStatus.problem}`]),
  ];
  const { attempt } = (typeof status === 'object' && status !== null ? status : {}) as { attempt?: unknown };
  const number = typeof attempt === 'number' && Number.isInteger(attempt) && attempt > 0 ? attempt : 1;
  const object: ProjectionRebuild = {
    ...found,
    spec: { projection: 'all', scope: {}, retries: 0, suspend: false, proofGate: 'Required' },
    status: { rebuildId: rebuildIdOf(found.metadata.uid ?? '', number), attempt: number },
  };
  return { ok: false, problem: problems.join('; '), object };
}

/** Every object that is understood: those that are not are in nobody's way. Kept by version, as all are looked through for each. */
export class UnderstoodObjects {
  private readonly seen = new WeakMap<KubeObject, ProjectionRebuild | null>();

  *of(objects: Iterable<KubeObject>): Iterable<ProjectionRebuild> {
    for (const found of objects) {
      let object = this.seen.get(found);
      if (object === undefined) {
        const understood = understand(found);
        this.seen.set(found, (object = understood.ok ? understood.object : null));
      }
      if (object !== null) yield object;
    }
  }
}

/** Looks at rebuilds that go on, of all objects together: with many of them each is looked at less often, and their ends, of which their Jobs tell, do not wait behind that. */
const POLLS_PER_SECOND_MAX = 20;

function pollMsOf(all: Iterable<ProjectionRebuild>): number {
  let going = 0;
  for (const object of all) if (hasBegun(object) && !object.spec.suspend) going += 1;
  return (going * 1_000) / POLLS_PER_SECOND_MAX;
}

/** Reads everything a decision about this object needs: the caches, and of the gateway no more than the object's phase asks for. */
export async function gather(
  found: ProjectionRebuild,
  sources: Sources,
  understood: UnderstoodObjects,
  signal?: AbortSignal,
): Promise<Situation> {
  const { rebuilds, jobs, timing, now } = sources;
  const ended = isAtEnd(found.status?.phase) ? await rowsFor(found, null, sources, signal) : null;
  const object = ended === null ? found : withoutForgedEnd(found, ended);
  const { namespace, name } = object.metadata;
  const attempt = object.status?.attempt ?? 1;
  const named = jobs.get(namespace, jobNameOf(name, attempt));
  const isWaiting = !hasBegun(object) && !isAtEnd(object.status?.phase);
  const blocker = isWaiting ? blockerOf(object, understood.of(rebuilds.list())) : null;
  return {
    now: now(),
    object,
    jobs: await jobsOf(object, sources, signal),
    isNameTaken: named !== undefined && ownerOf(named)?.uid !== object.metadata.uid,
    blocker,
    rows: ended !== null && object === found ? ended : await rowsFor(object, blocker, sources, signal),
    refusal: null,
    cancelRefusal: null,
    timing: { ...timing, pollMs: Math.max(timing.pollMs, pollMsOf(understood.of(rebuilds.list()))) },
  };
}

/** Asked for at the API server when the cache has none of its attempt: one that was made a moment ago, by this process or the leader before it, may not be in it yet. */
async function jobsOf(object: ProjectionRebuild, { jobs, listJobs }: Sources, signal: AbortSignal | undefined): Promise<JobView[]> {
  const { namespace, uid = '' } = object.metadata;
  const views = (all: readonly Job[]): JobView[] =>
    all.filter((job) => job.metadata.labels?.[LABELS.rebuild] === uid && ownerOf(job)?.uid === uid).map(viewOf);
  const cached = views(jobs.list());
  const attempt = object.status?.attempt ?? 1;
  const isSure = cached.some((job) => job.attempt === attempt) || !hasFinalizer(object) || isAtEnd(object.status?.phase);
  return isSure ? cached : views(await listJobs(namespace, uid, signal));
}

const hasFinalizer = ({ metadata }: ProjectionRebuild): boolean => metadata.finalizers?.includes(FINALIZER) ?? false;

/** A rebuild whose worker is alive writes its progress far more often. */
const ABANDONED_MS = 5 * 60_000;

function isAbandoned({ byIdOnly = false, state, updatedAt }: GatewayRebuild, now: number): boolean {
  return byIdOnly && state !== 'cancelling' && updatedAt !== undefined && now - Date.parse(updatedAt) >= ABANDONED_MS;
}

async function rowsFor(
  object: ProjectionRebuild,
  blocker: ProjectionRebuild | null,
  { gateway, now }: Sources,
  signal: AbortSignal | undefined,
): Promise<Rows> {
  const { status = {}, spec, metadata } = object;
  const id = rebuildIdOf(metadata.uid ?? '', status.attempt ?? 1);
  const isDeleting = metadata.deletionTimestamp !== undefined;
  try {
    if (isAtEnd(status.phase)) return { ...NOTHING, own: await gateway.getRebuild(id, signal) };
    if (hasBegun(object)) {
      if (!isDeleting && status.retryAt !== undefined && now() < Date.parse(status.retryAt)) return NOTHING;
      return { ...NOTHING, own: await gateway.getRebuild(id, signal) };
    }
    // With the finalizer it began once, whatever its status says: a rebuild of its own may go on.
    if (isDeleting || spec.suspend || blocker !== null)
      return hasFinalizer(object) ? { ...NOTHING, own: await gateway.getRebuild(id, signal) } : NOTHING;
    const newest = await gateway.listRebuilds(spec.projection, signal);
    if (newest === null) return { ...NOTHING, isProjectionKnown: false };
    const rows = rowsOf(object);
    const other = newest.find((rebuild) => rebuild.id !== id && isOpen(rebuild) && overlaps(rows, rebuild)) ?? null;
    const isOtherAbandoned = other !== null && isAbandoned(other, now());
    return { ...NOTHING, own: await gateway.getRebuild(id, signal), other, isOtherAbandoned };
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return { known: false, reason: error.isRefusal ? 'GatewayRefused' : 'GatewayUnreachable', message: error.message };
  }
}
