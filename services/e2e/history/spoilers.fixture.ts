import { LOG_SPOILERS } from './log-spoilers.fixture.ts';
import { READ_SPOILERS } from './read-spoilers.fixture.ts';
import type { Spoiler } from './spoiling.fixture.ts';
import { WRITE_SPOILERS } from './write-spoilers.fixture.ts';

/** Ways to spoil a legal history, at least one for every fault that a check may report. */
export const SPOILERS: readonly Spoiler[] = [...WRITE_SPOILERS, ...LOG_SPOILERS, ...READ_SPOILERS];
