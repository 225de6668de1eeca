import { setTimeout as delay } from 'node:timers/promises';
import { type Figure, growthPercent, quantile } from './figures.ts';
import type { Job } from '../src/kube/resources.ts';
import type { Ground } from './ground.ts';

export interface Sizes {
  objects: number;
  idleSeconds: number;
  reconciles: number;
  changes: number;
}

const SETTLE_MAX_MS = 600_000;
const AT_ONCE = 16;
const RUNNING = 20;
const CHANGE_MAX_MS = 30_000;
const QUIET_MS = 5_000;
const QUIET_MAX_MS = 120_000;
const SAMPLE_MS = 250;
const STALL_MS = 60_000;
/** A process that breathes is flat. */
const GROWTH_MAX_PERCENT = 5;

type Say = (line: string) => void;

/** Calls it for 0 … count-1, so many at once. */
async function each(count: number, one: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await one(next++);
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, count) }, worker));
}

/** Objects of one ledger each, from the first request to the last of them at its end; wrong are those that are not Swapped by a Job that is Complete. */
export async function settle(ground: Ground, { objects }: Pick<Sizes, 'objects'>): Promise<Figure[]> {
  const cpu = await ground.cpuSeconds();
  const begun = performance.now();
  const isSettled = (): boolean => {
    const all = ground.rebuilds.list();
    return all.length === objects && all.every(({ status, metadata }) => status?.finishedAt !== undefined && !metadata.finalizers?.length);
  };
  const settled = ground.when(`${objects} objects are settled`, isSettled, SETTLE_MAX_MS);
  const since = async (what: Promise<number>): Promise<string> => (((await what) - begun) / 1_000).toFixed(1);
  const isComplete = (job: Job): boolean => (job.status?.succeeded ?? 0) > 0;
  const made = since(ground.when('all Jobs are made', () => ground.jobs.list().length === objects, SETTLE_MAX_MS));
  const complete = since(
    ground.when('all Jobs are complete', () => ground.jobs.list().filter(isComplete).length === objects, SETTLE_MAX_MS),
  );
  await Promise.all([settled, made, complete, each(objects, (i) => ground.create(`object-${i}`, `ledger-${i}`))]);
  const seconds = ((await settled) - begun) / 1_000;
  const wrong = ground.rebuilds.list().filter(({ metadata, status }) => {
    const conditions = ground.jobs.get(ground.namespace, `${metadata.name}-1`)?.status?.conditions ?? [];
    return status?.phase !== 'Swapped' || !conditions.some(({ type, status: is }) => type === 'Complete' && is === 'True');
  });
  const used = (await ground.cpuSeconds()) - cpu;
  return [
    {
      name: `${objects} objects settled`,
      value: seconds,
      unit: 's',
      below: 60,
      note: `all Jobs made after ${await made} s, their pods done after ${await complete} s; ${used.toFixed(1)} s of processor time, ${ground.gateway.asked} requests to the gateway`,
    },
    { name: 'objects that ended wrong', value: wrong.length, unit: '', below: 1, note: wrong[0]?.status?.message ?? '' },
  ];
}

/** An operator with nothing to do, by the API server's audit log. */
export async function idle(ground: Ground, { idleSeconds }: Sizes): Promise<Figure[]> {
  const isQuiet = async (): Promise<boolean> =>
    (await ground.requests(new Date(Date.now() - QUIET_MS))).every(({ resource }) => resource === 'leases');
  for (const end = performance.now() + QUIET_MAX_MS; !(await isQuiet()); await delay(QUIET_MS))
    if (performance.now() > end) throw new Error(`the operator is not quiet after ${QUIET_MAX_MS} ms`);
  const [since, asked, cpu] = [new Date(), ground.gateway.asked, await ground.cpuSeconds()];
  await delay(idleSeconds * 1_000);
  const requests = await ground.requests(since);
  const kinds = Map.groupBy(requests, ({ verb, resource }) => `${verb} ${resource}`);
  const toGateway = ground.gateway.asked - asked;
  const used = ((await ground.cpuSeconds()) - cpu) / idleSeconds;
  return [
    {
      name: `idle for ${idleSeconds} s`,
      value: ((requests.length + toGateway) * 60) / idleSeconds,
      unit: 'requests/min',
      below: 10,
      note: [
        ...[...kinds].map(([kind, all]) => `${all.length} ${kind}`),
        `${toGateway} to the gateway`,
        `${(used * 1_000).toFixed(1)} ms/s of processor time`,
      ].join(', '),
    },
  ];
}

const runningName = (index: number): string => `running-${index % RUNNING}`;

/** Objects whose Jobs do not end, since no node has the label: what the next two are measured with. */
export async function keepRunning(ground: Ground): Promise<void> {
  const spec = { podTemplate: { nodeSelector: { bench: 'nowhere' } } };
  await each(RUNNING, (i) => ground.create(runningName(i), `running-${i}`, spec));
  const isRunning = (i: number): boolean => {
    const status = ground.rebuilds.get(ground.namespace, runningName(i))?.status;
    return status?.phase === 'Running' && status.job !== undefined;
  };
  await ground.when('all run', () => Array.from({ length: RUNNING }, (_, i) => i).every(isRunning), CHANGE_MAX_MS);
}

/** Resident memory while objects that run are touched, each of which asks the gateway and writes a status that moved on. */
export async function memory(ground: Ground, { reconciles }: Sizes, say: Say): Promise<Figure[]> {
  const [from, cpu] = [await ground.reconciles(), await ground.cpuSeconds()];
  const samples: number[] = [];
  let done = 0;
  let touches = 0;
  let movedAt = performance.now();
  let isOver = false;
  const touch = async (worker: number): Promise<void> => {
    for (let i = worker; !isOver; i += 4) await ground.patch(runningName(i), { metadata: { annotations: { touched: String(touches++) } } });
  };
  const touching = Promise.all([0, 1, 2, 3].map(touch));
  touching.catch(() => (isOver = true));
  while (done < reconciles && !isOver) {
    const now = (await ground.reconciles()) - from;
    if (now > done) movedAt = performance.now();
    if (performance.now() - movedAt > STALL_MS) throw new Error(`nothing was reconciled for ${STALL_MS} ms`);
    if (Math.floor(now / 2_000) > Math.floor(done / 2_000)) say(`${now} of ${reconciles} reconciles`);
    done = now;
    samples.push((await ground.memory()).now);
    await delay(SAMPLE_MS);
  }
  isOver = true;
  await touching;
  const { peak } = await ground.memory();
  const used = (await ground.cpuSeconds()) - cpu;
  const growth = growthPercent(samples);
  return [
    {
      name: `memory over ${done} reconciles`,
      value: Math.max(...samples),
      unit: 'MiB',
      below: 150,
      note: `${peak.toFixed(0)} MiB at its highest ever, ${((used * 1_000) / done).toFixed(2)} ms of processor time each`,
    },
    { name: 'memory, last third over first', value: growth, unit: '%', below: GROWTH_MAX_PERCENT, note: `${samples.length} samples` },
  ];
}

/** From a change of spec.suspend, when it is sent, to the Job that has it, as a watch tells of it. One after the other. */
export async function changes(ground: Ground, { changes: count }: Sizes): Promise<Figure[]> {
  const took: number[] = [];
  for (let i = 0; i < count; i++) {
    const name = runningName(i);
    const suspend = Math.floor(i / RUNNING) % 2 === 0;
    const isDone = (): boolean => ground.jobs.get(ground.namespace, `${name}-1`)?.spec?.suspend === suspend;
    const begun = performance.now();
    const done = ground.when(`Job of ${name} has suspend ${suspend}`, isDone, CHANGE_MAX_MS);
    await Promise.all([done, ground.patch(name, { spec: { suspend } })]);
    took.push((await done) - begun);
  }
  const of = (part: number): string => quantile(took, part).toFixed(0);
  const note = `p50 ${of(0.5)}, p90 ${of(0.9)}, slowest ${of(1)} ms`;
  return [{ name: `${count} changes to the Job, p99`, value: quantile(took, 0.99), unit: 'ms', below: 500, note }];
}
