import { closedLoop, openLoop } from '../../driver/index.ts';
import { firstAnswer } from '../../history/history.ts';
import type { Fault } from '../harness/fault.ts';
import { residentMiB } from '../harness/memory.ts';

/** What the gateway takes at once: so few that the callers on the same machine can ask for three times what is answered. */
const CONCURRENT_MAX = 16;
const MEASURE_MS = 3_000;
const OVERLOAD = 3;
const OVERLOAD_MS = 8_000;
const IN_FLIGHT_MAX = 400;

export const overload: Fault = {
  id: 'overload',
  title: `Overload ${OVERLOAD} ×`,
  did: `First the rate was measured that ${CONCURRENT_MAX} callers get answered, as many as the gateway takes at once (CONCURRENT_REQUESTS_MAX); then ${OVERLOAD} times that rate was asked for, in an open loop, for ${OVERLOAD_MS / 1000} s.`,
  human: null,
  since: 'end',
  stack: { environment: { 'admin-gateway': { CONCURRENT_REQUESTS_MAX: String(CONCURRENT_MAX) } } },
  load: { clients: 4, thinkMs: 50 },
  async inflict(site) {
    const { scene, random, signal, stack } = site;
    const ask = async (): Promise<void> => void (await scene.clients.deposit(random.pick(scene.ledgers)));
    const from = scene.clients.acknowledged;
    const measured = await closedLoop({ workers: CONCURRENT_MAX - 4, durationMs: MEASURE_MS, signal }, ask);
    const capacity = (scene.clients.acknowledged - from) / measured.seconds;
    const before = await residentMiB(stack.gateway.pid);
    const answered = scene.clients.acknowledged;
    const first = scene.clients.writes.length;
    site.struck();
    const { seconds, started, shed } = await openLoop(
      { ratePerSecond: capacity * OVERLOAD, inFlightMax: IN_FLIGHT_MAX, durationMs: OVERLOAD_MS, signal },
      ask,
    );
    site.over();
    const asked = scene.clients.writes.slice(first);
    const refused = asked.filter((write) => firstAnswer(write) === null);
    const early = refused.filter(({ attempts }) =>
      attempts.some(({ outcome }) => outcome.kind === 'unknown' && /^(503|429)/.test(outcome.reason)),
    );
    site.note(
      `${capacity.toFixed(0)} writes/s answered at full use; ${((started + shed) / seconds).toFixed(0)}/s asked for, ` +
        `${((scene.clients.acknowledged - answered) / seconds).toFixed(0)}/s answered 2xx, ${early.length} answered 503 or 429, ${refused.length - early.length} without an answer; ` +
        `gateway ${before} MiB before, ${await residentMiB(stack.gateway.pid)} MiB after`,
    );
    if (early.length === 0) throw new Error('nothing was refused: this was no overload');
  },
};
