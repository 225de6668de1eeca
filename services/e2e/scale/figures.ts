import { table } from '../terminal/index.ts';
import { LIMITS, type FigureName, type Limit } from './limits.ts';

/** told: of a smaller run than the limit is for. */
export type Verdict = 'met' | 'NOT MET' | 'told';

/** One measured figure, in the shape that `--json` prints. */
export interface Figure {
  name: string;
  value: number;
  unit: string;
  /** As people read it: "≤ 250". */
  limit: string;
  /** What the limit is derived from. */
  from: string;
  verdict: Verdict;
}

const SIGNS = { atMost: '≤', atLeast: '≥' } as const;
const FIGURES = 4;

const shown = (value: number): string =>
  Math.abs(value) >= 1_000 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(3)));

/** A figure that is not a number was not measured, which is no success. */
export function judge({ kind, value }: Pick<Limit, 'kind' | 'value'>, measured: number): Exclude<Verdict, 'told'> {
  return (kind === 'atMost' ? measured <= value : measured >= value) ? 'met' : 'NOT MET';
}

/** What a run found. Costs and times are judged at full size only; what was lost, doubled or wrong always. */
export class Figures {
  readonly all: Figure[] = [];
  private readonly onAdded: (figure: Figure) => void;

  constructor(onAdded: (figure: Figure) => void = () => undefined) {
    this.onAdded = onAdded;
  }

  measured(name: FigureName, value: number, isFullSize: boolean): void {
    const limit = LIMITS[name];
    const { unit, from, kind } = limit;
    const verdict = isFullSize ? judge(limit, value) : 'told';
    this.add({ name, value: Number(value.toPrecision(FIGURES)), unit, limit: `${SIGNS[kind]} ${shown(limit.value)}`, from, verdict });
  }

  /** Exactly so many, or something was lost, doubled or wrong. */
  exact(name: string, value: number, wanted: number, unit: string, from: string): void {
    this.add({ name, value, unit, limit: `= ${shown(wanted)}`, from, verdict: value === wanted ? 'met' : 'NOT MET' });
  }

  get isMet(): boolean {
    return this.all.length > 0 && this.all.every(({ verdict }) => verdict !== 'NOT MET');
  }

  private add(figure: Figure): void {
    this.all.push(figure);
    this.onAdded(figure);
  }
}

export const line = ({ name, value, unit, limit, verdict }: Figure): string => `  ${name}: ${shown(value)} ${unit} (${limit}) ${verdict}`;

export const report = (figures: readonly Figure[]): string =>
  table(
    ['figure', 'measured', 'limit', 'unit', 'verdict'],
    figures.map(({ name, value, limit, unit, verdict }) => [name, shown(value), limit, unit, verdict]),
  );
