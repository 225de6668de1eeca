import type { DataOf } from '@ledgerflow/client';
import type { Tone } from '../../ui/badge/index.ts';
import { strings } from './strings.ts';

export type Projection = DataOf<'listProjections'>['data'][number];

/** What is to be said of it first. */
export function standing({ stoppedReason, heldReason, isLive }: Projection): { tone: Tone; word: string } {
  if (stoppedReason !== null) return { tone: 'bad', word: strings.stopped };
  if (heldReason !== null) return { tone: 'warn', word: strings.held };
  return isLive ? { tone: 'well', word: strings.live } : { tone: 'busy', word: strings.catchingUp };
}

export const keyOf = ({ ledger, projection }: Projection): string => `${ledger} ${projection}`;
