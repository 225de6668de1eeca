import type { GroupCommit } from './application/group-commit.ts';
import type { LedgerStore } from './application/store.ts';

/** What #planted-bugs is (package.json) unless the process was started with --conditions=planted-bugs: nothing to plant, and none of that code loaded. */
export const PLANTED_BUGS: readonly string[] = [];

export const plantInStore = (_bug: string | undefined, store: LedgerStore): LedgerStore => store;

export const plantInGroupCommit = (_bug: string | undefined, groupCommit: GroupCommit): GroupCommit => groupCommit;
