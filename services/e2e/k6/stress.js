/**
 * More than it can do: requests come at a rising rate whether or not it answers. It may refuse (503), but not break, and not most of the time; and once the rate is low
 * again it must answer as if nothing had been.
 */
import { operation, seconds, secondsOfAll, thresholds } from './lib.js';

export { setup, teardown } from './lib.js';

const STAGES = [
  [30, 200],
  [60, 1000],
  [120, 4000],
  [30, 50],
];
/** For what is still under way when the rate is low again, in seconds. */
const REST = 15;

export const options = {
  scenarios: {
    stress: {
      executor: 'ramping-arrival-rate',
      startRate: 50,
      timeUnit: '1s',
      preAllocatedVUs: 100,
      maxVUs: 1000,
      stages: STAGES.map(([duration, target]) => ({ duration: seconds(duration), target })),
    },
    recovery: {
      executor: 'constant-arrival-rate',
      startTime: secondsOfAll([...STAGES.map(([duration]) => duration), REST]),
      rate: 50,
      timeUnit: '1s',
      duration: seconds(60),
      preAllocatedVUs: 20,
      maxVUs: 100,
    },
  },
  thresholds: thresholds({
    'http_req_duration{scenario:stress}': ['p(99)<15000'],
    'ledger_busy{scenario:stress}': ['rate<0.5'],
    'http_req_duration{scenario:recovery}': ['p(95)<300', 'p(99)<1000'],
    'ledger_busy{scenario:recovery}': ['rate<0.01'],
    'dropped_iterations{scenario:recovery}': ['count==0'],
  }),
};

export default operation;
