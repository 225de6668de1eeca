import type { DataOf } from '@ledgerflow/client';
import type { Tone } from '../../ui/badge/index.ts';

export type Rebuild = DataOf<'listRebuilds'>['data'][number];
export type WholeRebuild = DataOf<'getRebuild'>;
export type Part = WholeRebuild['parts'][number];

const TONES: Readonly<Record<string, Tone>> = {
  waiting: 'idle',
  running: 'busy',
  cancelling: 'warn',
  cancelled: 'idle',
  swapped: 'well',
  proven: 'well',
  refused: 'bad',
  failed: 'bad',
  filling: 'busy',
  dropped: 'idle',
};

/** Of a rebuild's or a generation's state; a newer gateway may have others. */
export const toneOf = (state: string): Tone => TONES[state] ?? 'idle';

/** Whatever its state is called, one that has ended says when. */
export const isOver = ({ finishedAt }: Pick<Rebuild, 'finishedAt'>): boolean => finishedAt !== null;

/** Seconds from its beginning to its end; null when it lacks one. */
export function tookSeconds({ startedAt, finishedAt }: Pick<Rebuild, 'startedAt' | 'finishedAt'>): number | null {
  return startedAt === null || finishedAt === null ? null : Math.max(0, Date.parse(finishedAt) - Date.parse(startedAt)) / 1_000;
}
