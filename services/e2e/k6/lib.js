/** What the scenarios share: who calls what, what counts as a fault, and the thresholds. Runs inside k6, not Node.js. */
import { check } from 'k6';
import http from 'k6/http';
import { Counter, Rate } from 'k6/metrics';

const BASE_URL = __ENV.BASE_URL;
const LEDGER = __ENV.LEDGER;
const RUN = __ENV.RUN;
/** Scales all times of a scenario: 0.1 makes a try of a minute out of ten. */
const TIME_FACTOR = Number(__ENV.TIME_FACTOR || '1');
const ACCOUNTS = Number(__ENV.ACCOUNTS || '100');
const OPEN_PER_REQUEST = 20;
const HISTORY_LIMIT = 50;

/** Anything that must not happen: an unexpected status, or an answer without what it should have. */
const faults = new Rate('ledger_faults');
/** 409, 429 and 503: a bound of the service, no fault while there are few. */
const busy = new Rate('ledger_busy');
/** 422 insufficient_funds: right, but nothing was moved. */
const refused = new Counter('ledger_refused');

// What k6 itself calls failed are then the faults alone.
http.setResponseCallback(http.expectedStatuses({ min: 200, max: 299 }, 409, 422, 429, 503));

const scaled = (count) => Math.max(1, Math.round(count * TIME_FACTOR));
export const seconds = (count) => `${scaled(count)}s`;
/** As long as stages of these lengths take one after the other. */
export const secondsOfAll = (counts) => `${counts.reduce((sum, count) => sum + scaled(count), 0)}s`;

/** Thresholds of every scenario; a scenario adds the latency it asks for. */
export const thresholds = (more) => ({
  ledger_faults: [{ threshold: 'rate==0', abortOnFail: true, delayAbortEval: '5s' }],
  http_req_failed: ['rate==0'],
  checks: ['rate==1'],
  ...more,
});

const api = (path) => `${BASE_URL}/api/v1/ledgers/${encodeURIComponent(LEDGER)}${path}`;
const headers = (more) => ({ Authorization: `Bearer ${__ENV.TOKEN}`, 'Content-Type': 'application/json', ...more });
const account = (index) => `${RUN}-${index}`;
/** The first tenth of the accounts gets four of five choices. */
const anyAccount = () => {
  const hot = Math.max(1, Math.floor(ACCOUNTS / 10));
  return account(Math.random() < 0.8 ? Math.floor(Math.random() * hot) : hot + Math.floor(Math.random() * (ACCOUNTS - hot)));
};
const amount = () => {
  const cents = 100 + Math.floor(Math.random() * 1_400);
  return `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`;
};

function judge(response, name, expected) {
  const isBusy = response.status === 409 || response.status === 429 || response.status === 503;
  const isRefused = response.status === 422 && response.json('code') === 'insufficient_funds';
  busy.add(isBusy);
  if (isRefused) refused.add(1);
  const isFine = response.status === expected || isBusy || (isRefused && (name === 'withdraw' || name === 'transfer'));
  faults.add(!isFine);
  check(response, { [`${name} is done, refused for lack of money, or asked to come back`]: () => isFine });
}

function post(name, path, body) {
  const key = `${RUN}-${__VU}-${__ITER}`;
  judge(http.post(api(path), JSON.stringify(body), { headers: headers({ 'Idempotency-Key': key }), tags: { name } }), name, 201);
}

function get(name, path) {
  judge(http.get(api(path), { headers: headers({}), tags: { name } }), name, 200);
}

const OPERATIONS = [
  [30, () => post('deposit', `/accounts/${anyAccount()}/deposits`, { amount: amount(), currency: 'USD' })],
  [20, () => post('withdraw', `/accounts/${anyAccount()}/withdrawals`, { amount: amount(), currency: 'USD' })],
  [
    15,
    () => {
      const from = Math.floor(Math.random() * ACCOUNTS);
      const to = (from + 1 + Math.floor(Math.random() * (ACCOUNTS - 1))) % ACCOUNTS;
      post('transfer', '/transfers', { from: account(from), to: account(to), amount: amount(), currency: 'USD' });
    },
  ],
  [20, () => get('balance', `/accounts/${anyAccount()}/balance`)],
  [10, () => get('history', `/accounts/${anyAccount()}/entries?limit=${HISTORY_LIMIT}`)],
  [5, () => post('create', '/accounts', { id: `${RUN}-v${__VU}-${__ITER}`, currency: 'USD', initialBalance: '100.00' })],
];

/** One operation, chosen by weight. */
export function operation() {
  let left = Math.random() * OPERATIONS.reduce((sum, [weight]) => sum + weight, 0);
  const chosen = OPERATIONS.find(([weight]) => (left -= weight) < 0) || OPERATIONS[0];
  chosen[1]();
}

/** Opens the accounts. */
export function setup() {
  for (let first = 0; first < ACCOUNTS; first += OPEN_PER_REQUEST) {
    const requests = Array.from({ length: Math.min(OPEN_PER_REQUEST, ACCOUNTS - first) }, (_, index) => ({
      method: 'POST',
      url: api('/accounts'),
      body: JSON.stringify({ id: account(first + index), currency: 'USD', initialBalance: '100.00' }),
      params: { headers: headers({ 'Idempotency-Key': `${RUN}-open-${first + index}` }), tags: { name: 'open' } },
    }));
    for (const response of http.batch(requests))
      if (response.status !== 201) throw new Error(`an account could not be opened: ${response.status} ${response.body}`);
  }
}

/** Whether debits equal credits after all of it. */
export function teardown() {
  const response = http.get(api('/trial-balance'), { headers: headers({}), tags: { name: 'trial balance' } });
  check(response, { 'the trial balance is balanced': () => response.status === 200 && response.json('balanced') === true });
}
