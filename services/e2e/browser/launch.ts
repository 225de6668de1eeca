import { type Browser, chromium } from 'playwright-core';
import { ensureBrowser } from './program.ts';

export interface LaunchOptions {
  /** Keeps pages that were left alive for the back button, as people's browsers do; Playwright switches it off. */
  backForwardCache?: boolean;
}

const LAUNCH_TIMEOUT_MS = 60_000;

/** A headless browser of its own process, without sandbox because tests may run as root; close() ends it and removes its profile. It ends with this process, too. Throws ProgramSetupError. */
export async function launch({ backForwardCache = false }: LaunchOptions = {}): Promise<Browser> {
  const { path, environment } = await ensureBrowser();
  const { PATH = '', HOME = '' } = process.env;
  return chromium.launch({
    executablePath: path,
    env: { PATH, HOME, ...environment },
    timeout: LAUNCH_TIMEOUT_MS,
    ...(backForwardCache ? { ignoreDefaultArgs: ['--disable-back-forward-cache'] } : {}),
  });
}
