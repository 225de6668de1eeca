import { StepClock } from '../clock/step-clock.ts';
import type { Fault, Site } from '../harness/fault.ts';
import { asSuperuser } from '../harness/superuser.ts';

const STEP_SECONDS = 3_600;
const STEPPED_MS = 5_000;
const MS_PER_SECOND = 1_000;
/** What a clock may differ from where it should be, after it was stepped. */
const TOLERANCE_SECONDS = 60;

/** Seconds that the clock of PostgreSQL is ahead of ours. */
function databaseAhead({ stack }: Site): Promise<number> {
  return asSuperuser(stack.postgres, 'postgres', async (pool) => {
    const { rows } = await pool.query<{ seconds: number }>('select extract(epoch from clock_timestamp())::float8 as seconds');
    return (rows[0]?.seconds ?? Number.NaN) - Date.now() / MS_PER_SECOND;
  });
}

async function stepDatabase(site: Site, clock: StepClock, seconds: number): Promise<void> {
  await clock.step(seconds);
  const ahead = await databaseAhead(site);
  if (Math.abs(ahead - seconds) > TOLERANCE_SECONDS) throw new Error(`the clock of PostgreSQL is ${ahead} s ahead, not ${seconds} s`);
}

function databaseClock(id: string, direction: 'forward' | 'back'): Fault {
  const sign = direction === 'forward' ? 1 : -1;
  let clock: StepClock | null = null;
  return {
    id,
    title: `PostgreSQL's clock steps an hour ${direction}, and right again`,
    did:
      `The wall clock of all processes of PostgreSQL was stepped by ${sign * STEP_SECONDS} s (a preloaded library; the machine's own clock was left alone), and ${STEPPED_MS / 1000} s later back to the true time; ` +
      'then the only writer, which relays, was killed and started again.',
    human: null,
    since: 'end',
    stack: async (workshop) => {
      clock = await StepClock.make(workshop);
      return { kafka: true, postgres: { environment: { ...clock.environment } } };
    },
    async inflict(site) {
      if (clock === null) throw new Error('there is no clock to step');
      await stepDatabase(site, clock, sign * STEP_SECONDS);
      site.struck();
      await site.wait(STEPPED_MS);
      await stepDatabase(site, clock, 0);
      // Whatever it promised in the other time, nobody keeps it now.
      await site.stack.writers[0]?.kill();
      site.over();
      await site.stack.writers[0]?.restart();
    },
  };
}

export const databaseClockForward = databaseClock('database-clock-forward', 'forward');
export const databaseClockBack = databaseClock('database-clock-back', 'back');

function serviceClock(id: string, direction: 'forward' | 'back'): Fault {
  const sign = direction === 'forward' ? 1 : -1;
  let clock: StepClock | null = null;
  return {
    id,
    title: `The services' clocks step an hour ${direction}, and right again`,
    did: `The wall clock of writer, builder and gateway was stepped by ${sign * STEP_SECONDS} s (a preloaded library) and ${STEPPED_MS / 1000} s later back to the true time. Recovery counts from the first step.`,
    human: null,
    since: 'begin',
    stack: async (workshop) => {
      clock = await StepClock.make(workshop);
      const environment = { ...clock.environment };
      return {
        kafka: true,
        environment: { 'ledger-writer': environment, 'read-model-builder': environment, 'admin-gateway': environment },
      };
    },
    async inflict(site) {
      if (clock === null) throw new Error('there is no clock to step');
      await clock.step(sign * STEP_SECONDS);
      site.struck();
      await site.wait(STEPPED_MS);
      await clock.step(0);
    },
  };
}

export const servicesClockForward = serviceClock('services-clock-forward', 'forward');
export const servicesClockBack = serviceClock('services-clock-back', 'back');
