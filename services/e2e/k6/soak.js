/** A long steady stretch: what leaks or slows down shows here. */
import { operation, seconds, thresholds } from './lib.js';

export { setup, teardown } from './lib.js';

export const options = {
  scenarios: {
    soak: { executor: 'constant-arrival-rate', rate: 100, timeUnit: '1s', duration: seconds(3_600), preAllocatedVUs: 20, maxVUs: 200 },
  },
  thresholds: thresholds({ ledger_busy: ['rate<0.001'], http_req_duration: ['p(95)<200', 'p(99)<500'], dropped_iterations: ['count==0'] }),
};

export default operation;
