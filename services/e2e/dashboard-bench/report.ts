import { table } from '../terminal/index.ts';
import type { Figure } from './rows/index.ts';

export type Verdict = 'met' | 'not met' | '';

export function verdictOf({ value, target }: Figure): Verdict {
  if (target === null) return '';
  // A figure that is no number meets nothing.
  const isMet = 'below' in target ? value < target.below : value >= target.atLeast;
  return isMet ? 'met' : 'not met';
}

const number = (value: number): string => value.toLocaleString('en', { maximumFractionDigits: 1 });

function targetText({ target }: Figure): string {
  if (target === null) return '';
  return 'below' in target ? `below ${number(target.below)}` : `at least ${number(target.atLeast)}`;
}

/** What was measured, what it should be, and whether it is. */
export function report(figures: readonly Figure[]): string {
  const lines = figures.map((figure) => [figure.name, `${number(figure.value)} ${figure.unit}`, targetText(figure), verdictOf(figure)]);
  const abouts = figures.flatMap(({ name, about }) => (about === undefined ? [] : [`${name}: ${about}`]));
  return [table(['what', 'value', 'target', ''], lines), '', ...abouts].join('\n');
}
