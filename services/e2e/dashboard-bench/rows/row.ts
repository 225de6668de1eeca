import type { Ground } from '../ground.ts';

/** What a figure has to be; null: told, not judged. */
export type Target = { below: number } | { atLeast: number } | null;

export interface Figure {
  /** What was measured, as the table says it. */
  name: string;
  value: number;
  unit: string;
  target: Target;
  /** How it came about: the range of the runs, what it consists of. */
  about?: string;
}

/** One thing that is measured in a browser on the running stack; its file lies beside this one, a line in index.ts adds it. */
export interface Row {
  /** By which `--rows` names it. */
  name: string;
  /** Throws when it can not be measured; the other rows are measured all the same. Closes what it opens. */
  measure: (ground: Ground) => Promise<Figure[]>;
}
