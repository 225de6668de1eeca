import type { Page } from 'playwright-core';
import { until } from '../stack/wait.ts';
import { axe, type AxeViolation, isSerious } from './axe.ts';

const STILL_MS = 30_000;
const FRAMES = 'new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(() => drawn())))';
/** What never ends, a bar of progress for one, is no change. */
const isStill = (scheme: string): string =>
  `document.documentElement.dataset.mantineColorScheme === '${scheme}' && document.getAnimations().every(({ playState, effect }) => playState !== 'running' || effect.getComputedTiming().iterations === Infinity)`;
/** What was drawn anew at that very moment is looked at again; what is wrong stays so. */
const LOOKS_MAX = 3;

/** Of a page of the dashboard as it is shown now, in light and in dark: what keeps somebody from using it. The scheme is light afterwards. */
export async function seriousInBothSchemes(page: Page): Promise<(AxeViolation & { scheme: string })[]> {
  const serious: (AxeViolation & { scheme: string })[] = [];
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    let found: AxeViolation[] = [];
    for (let looks = 0; looks < LOOKS_MAX; looks++) {
      // In the midst of a change of colours, or of a dialog that comes, nothing has its contrast.
      await until(`${scheme} and still`, () => page.evaluate<boolean>(isStill(scheme)), STILL_MS);
      await page.evaluate(FRAMES);
      found = (await axe(page)).filter(isSerious);
      if (found.length === 0) break;
    }
    serious.push(...found.map((violation) => ({ ...violation, scheme })));
  }
  await page.emulateMedia({ colorScheme: 'light' });
  return serious;
}
