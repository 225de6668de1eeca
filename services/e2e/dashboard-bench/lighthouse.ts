import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { default as lighthouse } from 'lighthouse';
import { chromium } from 'playwright-core';
import { ensureBrowser } from '../browser/program.ts';
import { signIn } from '../browser/sign-in.ts';
import { freePort } from '../stack/start.ts';
import type { Ground } from './ground.ts';

const LAUNCH_TIMEOUT_MS = 60_000;

export interface Score<Category extends string> {
  category: Category;
  /** 0 to 100. */
  score: number;
  /** Ids of audits that count and failed. */
  failed: string[];
}

/** Lighthouse on a page for a person who is signed in. It drives a browser of its own by its debugging port, in whose first profile it works: there the session has to be. */
export async function runLighthouse<Category extends string>(
  ground: Ground,
  url: string,
  categories: readonly Category[],
): Promise<Score<Category>[]> {
  const { path, environment } = await ensureBrowser();
  const { PATH = '', HOME = '' } = process.env;
  const port = await freePort();
  const profile = await mkdtemp(join(tmpdir(), 'dashboard-bench-'));
  try {
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: path,
      env: { PATH, HOME, ...environment },
      args: [`--remote-debugging-port=${port}`],
      timeout: LAUNCH_TIMEOUT_MS,
    });
    try {
      await signIn(await context.newPage(), ground.signInUrl, 'admin');
      const result = await lighthouse(url, {
        port,
        logLevel: 'silent',
        onlyCategories: [...categories],
        formFactor: 'desktop',
        screenEmulation: { disabled: true },
        throttlingMethod: 'provided',
        // The session stays.
        disableStorageReset: true,
      });
      if (result === undefined || result.lhr.runtimeError !== undefined)
        throw new Error(`Lighthouse could not look at ${url}: ${result?.lhr.runtimeError?.message ?? 'no result'}`);
      const { lhr } = result;
      if (lhr.finalDisplayedUrl !== url) throw new Error(`Lighthouse looked at ${lhr.finalDisplayedUrl} instead of ${url}`);
      return categories.map((category) => {
        const { score, auditRefs = [] } = lhr.categories[category] ?? {};
        if (score === null || score === undefined) throw new Error(`Lighthouse gave no score for ${category}`);
        const failed = auditRefs.filter(({ id, weight }) => weight > 0 && lhr.audits[id]?.score === 0).map(({ id }) => id);
        return { category, score: Math.round(score * 100), failed };
      });
    } finally {
      await context.close();
    }
  } finally {
    await rm(profile, { recursive: true, force: true });
  }
}
