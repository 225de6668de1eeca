import type { Page } from 'playwright-core';
import { until } from '../stack/wait.ts';
import { axe, type AxeViolation, isSerious } from './axe.ts';

const STILL_MS = 60_000;
const FRAMES = 'new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(() => drawn())))';
/** What never ends, a bar of progress for one, is no change. */
const isStill = (scheme: string): string =>
  `document.documentElement.dataset.mantineColorScheme === '${scheme}' && document.getAnimations().every(({ playState, effect }) => playState !== 'running' || effect.getComputedTiming().iterations === Infinity)`;
/** What was drawn anew at that very moment is looked at again; what is wrong stays so. */
const LOOKS_MAX = 3;

export type Scheme = 'light' | 'dark';

/** Of a page of the dashboard as it is shown now, in this scheme: what keeps somebody from using it. The scheme stays. */
export async function seriousIn(page: Page, scheme: Scheme): Promise<(AxeViolation & { scheme: Scheme })[]> {
  await page.emulateMedia({ colorScheme: scheme });
  let found: AxeViolation[] = [];
  for (let looks = 0; looks < LOOKS_MAX; looks++) {
    // In the midst of a change of colours, or of a dialog that comes, nothing has its contrast.
    await until(`${scheme} and still`, () => page.evaluate<boolean>(isStill(scheme)), STILL_MS);
    await page.evaluate(FRAMES);
    found = (await axe(page)).filter(isSerious);
    if (found.length === 0) break;
  }
  return found.map((violation) => ({ ...violation, scheme }));
}

/** In both; the scheme is light afterwards. */
export async function seriousInBothSchemes(page: Page): Promise<(AxeViolation & { scheme: Scheme })[]> {
  const serious = [...(await seriousIn(page, 'light')), ...(await seriousIn(page, 'dark'))];
  await page.emulateMedia({ colorScheme: 'light' });
  return serious;
}
