import type { LedgerFlow } from '@ledgerflow/client';
import type { Page } from 'playwright-core';

const OPENING_AT_ONCE = 32;

/** Accounts acct-000000 and on, in a ledger that is there. */
export async function openAccounts(api: LedgerFlow, ledger: string, currency: string, count: number): Promise<void> {
  let next = 0;
  const open = async (): Promise<void> => {
    while (next < count) {
      const id = `acct-${String(next++).padStart(6, '0')}`;
      await api.openAccount({ ledger, body: { id, currency, name: `Account ${id}` } }, { idempotencyKey: `open-${id}` });
    }
  };
  await Promise.all(Array.from({ length: OPENING_AT_ONCE }, open));
}

export interface Scrolling {
  /** Rows that the list had when it ended. */
  rows: number;
  frames: number;
  seconds: number;
  framesPerSecond: number;
  /** 95 % of the frames took no longer. */
  frameMs95: number;
  frameMsMax: number;
  /** Frames in which no row was in the middle of the window. */
  blankFrames: number;
}

/**
 * Runs in the page: the window goes down by so much a frame, back up when it is at the end, and each frame says when it was drawn. With `untilRows` it goes on until the list has so many, and
 * waits at the end of what is there.
 */
const SCROLL = `async ({ pixels, frames, untilRows }) => {
  const rows = () => {
    const drawn = document.querySelectorAll('tbody tr[aria-rowindex]');
    const table = document.querySelector('table[aria-rowcount]');
    const all = Number(table?.getAttribute('aria-rowcount'));
    return all > 0 ? all - 1 : Math.max(0, ...[...drawn].map((row) => Number(row.getAttribute('aria-rowindex')) - 1));
  };
  const times = [];
  let blank = 0;
  let step = pixels;
  const next = () => new Promise((resolve) => requestAnimationFrame(resolve));
  await next();
  for (let frame = 0; frame < frames && (untilRows === null || rows() < untilRows); frame++) {
    const before = window.scrollY;
    window.scrollBy(0, step);
    if (untilRows === null && window.scrollY === before) step = -step;
    times.push(await next());
    const middle = document.elementFromPoint(window.innerWidth / 2, window.innerHeight / 2);
    if (middle === null || middle.closest('tr[aria-rowindex]') === null) blank++;
  }
  const gaps = times.slice(1).map((time, index) => time - times[index]).toSorted((a, b) => a - b);
  const seconds = (times.at(-1) - times[0]) / 1000;
  return {
    rows: rows(),
    frames: gaps.length,
    seconds,
    framesPerSecond: gaps.length / seconds,
    frameMs95: gaps[Math.floor(gaps.length * 0.95)],
    frameMsMax: gaps.at(-1),
    blankFrames: blank,
  };
}`;

export interface ScrollOptions {
  /** Down in each frame. */
  pixels: number;
  /** At most; the measurement ends there. */
  frames: number;
  /** Ends when the list has so many rows. */
  untilRows?: number;
}

/** Scrolls the virtual list that the page shows. */
export const scroll = (page: Page, { pixels, frames, untilRows }: ScrollOptions): Promise<Scrolling> =>
  page.evaluate<Scrolling>(`(${SCROLL})(${JSON.stringify({ pixels, frames, untilRows: untilRows ?? null })})`);
