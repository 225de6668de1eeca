import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

/** A rule of accessibility that a page breaks. */
export interface AxeViolation {
  rule: string;
  impact: 'minor' | 'moderate' | 'serious' | 'critical';
  help: string;
  /** Selectors of the elements. */
  elements: string[];
}

const SOURCE_FILE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const RUN = `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
  violations.map(({ id, impact, help, nodes }) => ({ rule: id, impact, help, elements: nodes.map(({ target }) => target.join(' ')) })))`;

/** What axe-core finds in a page as it is shown now. Its script comes by the debugger, which no content security policy stops. */
export async function axe(page: Page): Promise<AxeViolation[]> {
  await page.evaluate(await readFile(SOURCE_FILE, 'utf8'));
  return page.evaluate<AxeViolation[]>(RUN);
}

/** Those that keep somebody from using the page. */
export const isSerious = ({ impact }: AxeViolation): boolean => impact === 'serious' || impact === 'critical';
