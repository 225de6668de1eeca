/** Does it work at all: one caller for ten seconds. */
import { operation, seconds, thresholds } from './lib.js';

export { setup, teardown } from './lib.js';

export const options = {
  scenarios: { smoke: { executor: 'constant-vus', vus: 1, duration: seconds(10) } },
  thresholds: thresholds({ ledger_busy: ['rate==0'], http_req_duration: ['p(95)<250', 'p(99)<1000'] }),
};

export default operation;
