import type { Page } from 'playwright-core';

const WAIT_MS = 60_000;

/** What the Overview shows when it is whole: its title, what needs attention as it is told when all has answered, and a bar of the chart. */
const PARTS = ['h1', 'section[aria-labelledby="attention"] svg', '.recharts-bar-rectangle path'];

/** Whether it is shown, for a page's own script. */
export const OVERVIEW_IS_SHOWN = PARTS.map((part) => `document.querySelector('${part}') !== null`).join(' && ');

export async function waitForOverview(page: Page): Promise<void> {
  for (const part of PARTS) await page.locator(part).first().waitFor({ state: 'attached', timeout: WAIT_MS });
}
