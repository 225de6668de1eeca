/** An ordinary day: callers come, stay, and go. */
import { operation, seconds, thresholds } from './lib.js';

export { setup, teardown } from './lib.js';

export const options = {
  scenarios: {
    load: {
      executor: 'ramping-vus',
      startVUs: 1,
      stages: [
        { duration: seconds(30), target: 20 },
        { duration: seconds(240), target: 20 },
        { duration: seconds(30), target: 0 },
      ],
      gracefulRampDown: '10s',
    },
  },
  thresholds: thresholds({ ledger_busy: ['rate<0.01'], http_req_duration: ['p(95)<300', 'p(99)<1000'] }),
};

export default operation;
