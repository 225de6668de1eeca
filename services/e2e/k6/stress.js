/** More than it can do: requests come at a rising rate whether or not it answers. It may refuse (503), but not break; and it must recover. */
import { operation, seconds, thresholds } from './lib.js';

export { setup, teardown } from './lib.js';

export const options = {
  scenarios: {
    stress: {
      executor: 'ramping-arrival-rate',
      startRate: 50,
      timeUnit: '1s',
      preAllocatedVUs: 100,
      maxVUs: 1000,
      stages: [
        { duration: seconds(30), target: 200 },
        { duration: seconds(60), target: 1000 },
        { duration: seconds(120), target: 4000 },
        { duration: seconds(60), target: 50 },
        { duration: seconds(30), target: 50 },
      ],
    },
  },
  thresholds: thresholds({ http_req_duration: ['p(99)<15000'] }),
};

export default operation;
