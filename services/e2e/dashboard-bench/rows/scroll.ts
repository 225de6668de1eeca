import type { BrowserContext, Page } from 'playwright-core';
import { until } from '../../stack/wait.ts';
import type { Ground } from '../ground.ts';
import type { Row } from './row.ts';

const ACCOUNTS = 100_000;
const CALLERS = 64;
const LEDGER = 'many';
const FPS_MIN = 50;
const SECONDS = 10;
/** A quick turn of the wheel: some 55 rows a second. */
const PIXELS_A_FRAME = 40;
const LOADED_WAIT_MS = 300_000;
const LONG_FRAME_MS = 50;

async function fill({ api, progress }: Ground): Promise<void> {
  await api.openLedger({ body: { id: LEDGER, currencies: ['USD'] } }, { idempotencyKey: 'many' });
  let next = 0;
  const caller = async (): Promise<void> => {
    while (next < ACCOUNTS) {
      const number = next++;
      const id = `account-${String(number).padStart(6, '0')}`;
      await api.openAccount({ ledger: LEDGER, body: { id, currency: 'USD', name: `Customer ${number}` } }, { idempotencyKey: id });
      if (number % 5_000 === 0) progress.say(`opening accounts: ${number} of ${ACCOUNTS}`);
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
}

const rowsOf = (page: Page): Promise<number> =>
  page.evaluate<number>(`Number(document.querySelector('table[aria-rowcount]')?.getAttribute('aria-rowcount') ?? 0)`);

/** Scrolls by so much with every frame; the times of the frames, milliseconds. */
const SCROLL = `new Promise((done) => {
  const frames = [];
  let before = performance.now();
  const endMs = before + ${SECONDS * 1_000};
  const step = (nowMs) => {
    frames.push(nowMs - before);
    before = nowMs;
    window.scrollBy(0, ${PIXELS_A_FRAME});
    if (nowMs < endMs) requestAnimationFrame(step);
    else done(frames.slice(1));
  };
  requestAnimationFrame(step);
})`;

async function measure({ url, progress }: Ground, context: BrowserContext) {
  const page = await context.newPage();
  await page.goto(`${url}/ledgers/${LEDGER}/accounts`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  const beganMs = performance.now();
  // At its end the list asks for more, until there are no more.
  await until(
    'all accounts are in the list',
    async () => {
      await page.evaluate('window.scrollTo(0, document.documentElement.scrollHeight)');
      return (await rowsOf(page)) > ACCOUNTS;
    },
    LOADED_WAIT_MS,
  );
  const loadedSeconds = (performance.now() - beganMs) / 1_000;
  progress.say(`scrolling over ${await rowsOf(page)} rows`);
  await page.evaluate('window.scrollTo(0, 0)');
  const frames = await page.evaluate<number[]>(SCROLL);
  const totalMs = frames.reduce((sum, ms) => sum + ms, 0);
  const long = frames.filter((ms) => ms > LONG_FRAME_MS).length;
  const drawn = await page.evaluate<number>(`document.querySelectorAll('tbody tr[aria-rowindex]').length`);
  return [
    {
      name: `Accounts: scrolling ${ACCOUNTS}`,
      value: (frames.length * 1_000) / totalMs,
      unit: 'frames/s',
      target: { atLeast: FPS_MIN },
      about: `longest frame ${Math.round(Math.max(...frames))} ms, ${long} over ${LONG_FRAME_MS} ms, ${drawn} rows drawn; all were there after ${loadedSeconds.toFixed(1)} s at the list's end`,
    },
  ];
}

/** A list of 100,000 accounts, all of it loaded by going to its end, then scrolled without a rest. */
export const scroll: Row = {
  name: 'scroll',
  measure: async (ground) => {
    await fill(ground);
    return ground.signedIn('viewer', (context) => measure(ground, context));
  },
};
