import type { Page } from 'playwright-core';

/** What a person with a narrow screen would meet on a page: in the page's own words, since it runs there. */
const FIND = `(() => {
  const found = new Set();
  const isSeen = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const name = (element) => (element.getAttribute('aria-label') ?? element.textContent).trim().slice(0, 40);
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth > clientWidth) found.add('the page is too wide by ' + (scrollWidth - clientWidth));
  for (const heading of document.querySelectorAll('th'))
    if (isSeen(heading) && heading.scrollWidth > heading.clientWidth) found.add('cut: ' + name(heading));
  for (const figure of document.querySelectorAll('dd'))
    if (isSeen(figure) && figure.scrollWidth > figure.clientWidth) found.add('runs into the next: ' + name(figure));
  for (const button of document.querySelectorAll('button')) {
    const { width, height } = button.getBoundingClientRect();
    // In a row the whole row is pressed.
    if (isSeen(button) && Math.min(width, height) < 24 && button.closest('td') === null) found.add('too small to be pressed: ' + name(button));
  }
  for (const element of document.querySelectorAll('body *')) {
    const hasText = [...element.childNodes].some(({ nodeType, data }) => nodeType === Node.TEXT_NODE && data.trim() !== '');
    if (hasText && isSeen(element) && parseFloat(getComputedStyle(element).fontSize) < 12) found.add('too small to be read: ' + name(element));
  }
  for (const row of document.querySelectorAll('main table[aria-rowcount] tbody tr[aria-rowindex]'))
    if (row.getBoundingClientRect().height > 49) found.add('a row of more than two lines: ' + name(row));
  return [...found];
})()`;

/** Of a page as it is shown now: what overflows, is cut, or is too small to be read or pressed (24 px, WCAG 2.5.8). */
export const crampedIn = (page: Page): Promise<string[]> => page.evaluate<string[]>(FIND);

const TIMELESS = `[...document.querySelectorAll('main table[aria-rowcount] tbody tr[aria-rowindex]')].filter((row) =>
  ![...row.querySelectorAll('time')].some((time) => time.checkVisibility() && time.getBoundingClientRect().right <= innerWidth)).length`;

/** Rows of the page's list that do not show when they were. */
export const timelessRowsIn = (page: Page): Promise<number> => page.evaluate<number>(TIMELESS);
