import type { DatabasePlace, Installation } from './installation.ts';

/** A database that answers; statements are bounded in time and can not write. */
export interface Database extends DatabasePlace {
  query: <Row>(sql: string, values?: unknown[]) => Promise<Row[]>;
}

/** What a check is given: the installation, and of its databases those that answer (the check of connections tells of the others). */
export interface Context {
  installation: Installation;
  databases: readonly Database[];
  nowMs: () => number;
}
