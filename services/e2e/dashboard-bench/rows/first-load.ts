import type { BrowserContext, Response } from 'playwright-core';
import { waitForOverview } from '../overview.ts';
import type { Row } from './row.ts';

const BUDGET_KIB = 250;
const KIB = 1_024;

interface Script {
  path: string;
  bytes: number;
  encoding: string;
}

const scriptOf = async (response: Response): Promise<Script> => ({
  path: new URL(response.url()).pathname,
  bytes: (await response.request().sizes()).responseBodySize,
  encoding: (await response.allHeaders())['content-encoding'] ?? 'as it is',
});

async function scriptsOf(context: BrowserContext, url: string): Promise<Script[]> {
  const page = await context.newPage();
  const asked: Response[] = [];
  page.on('response', (response) => {
    if (response.request().resourceType() === 'script') asked.push(response);
  });
  await page.goto(url);
  await waitForOverview(page);
  return Promise.all(asked.map(scriptOf));
}

/** All scripts that come over the network, from an empty cache until the Overview with its chart is shown, as they are sent. */
export const firstLoad: Row = {
  name: 'first load',
  measure: async (ground) => {
    const scripts = await ground.signedIn('admin', (context) => scriptsOf(context, ground.overview));
    const bytes = scripts.reduce((sum, script) => sum + script.bytes, 0);
    const encodings = [...new Set(scripts.map(({ encoding }) => encoding))].join(', ');
    const largest = scripts.toSorted((a, b) => b.bytes - a.bytes).slice(0, 2);
    const about = [
      `${scripts.length} files (${encodings})`,
      ...largest.map((script) => `${script.path} ${(script.bytes / KIB).toFixed(1)}`),
    ];
    return [
      {
        name: 'Overview: scripts of the first load',
        value: bytes / KIB,
        unit: 'KiB',
        target: { below: BUDGET_KIB },
        about: about.join(', '),
      },
    ];
  },
};
