import { createLedgerFlow, type LedgerFlow } from '@ledgerflow/client';
import { clock } from './clock.ts';

/** A page waits less patiently than a program: after this it says what is wrong, and a person presses the button. */
const RETRY = { attemptsMax: 4, totalMs: 15_000, attemptMs: 8_000 };

/** `unreachable` is dispatched when an attempt got no answer, long before the call gives up. */
export const attempts = new EventTarget();
/** A reason that is no problem's code is the network's. */
const CODE = /^[a-z_]+$/;

/** Of the page's own origin, by the session cookie. One of them knows the page's own writes, so that its reads are never older. */
export const ledgerflow: LedgerFlow = createLedgerFlow({
  baseUrl: '',
  credentials: { cookie: true },
  retry: RETRY,
  fetch: async (url, init) => {
    const sentMs = Date.now();
    const response = await fetch(url, init);
    clock.heard(response.headers.get('date'), sentMs, Date.now());
    return response;
  },
  onRetry: ({ reason }) => {
    if (!CODE.test(reason)) attempts.dispatchEvent(new Event('unreachable'));
  },
});
