import type { Access } from './store.ts';

/** What a row is counted as besides its texts. */
const ROW_CHARACTERS = 200;

const charactersOf = ({ actor, target, parameters }: Access): number =>
  ROW_CHARACTERS +
  (actor?.length ?? 0) +
  (target?.length ?? 0) +
  Object.values(parameters).reduce<number>((sum, text) => sum + String(text).length, 0);

/** Rows that wait to be written, bounded in number and in characters. */
export class AccessQueue {
  private readonly rowsMax: number;
  private readonly charactersMax: number;
  private rows: Access[] = [];
  private characters = 0;

  constructor({ rowsMax, charactersMax }: { rowsMax: number; charactersMax: number }) {
    this.rowsMax = rowsMax;
    this.charactersMax = charactersMax;
  }

  get length(): number {
    return this.rows.length;
  }

  /** False: there is no room. */
  push(access: Access): boolean {
    const characters = charactersOf(access);
    if (this.rows.length >= this.rowsMax || this.characters + characters > this.charactersMax) return false;
    this.rows.push(access);
    this.characters += characters;
    return true;
  }

  /** The oldest ones, which stay. */
  first(count: number): readonly Access[] {
    return this.rows.slice(0, count);
  }

  remove(count: number): void {
    for (const access of this.rows.slice(0, count)) this.characters -= charactersOf(access);
    this.rows = this.rows.slice(count);
  }
}
