import type { Pool } from '@ledgerflow/platform/postgres';

/** What #planted-bugs is (package.json) unless the process was started with --conditions=planted-bugs: nothing to plant, and none of that code loaded. */
export const PLANTED_BUGS: readonly string[] = [];

export const plantInPool = (_bug: string | undefined, pool: Pool): Pool => pool;
