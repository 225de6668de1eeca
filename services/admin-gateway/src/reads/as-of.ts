import { formatMicros } from '@ledgerflow/contracts';
import type { CheckpointPlace } from '@ledgerflow/read-model';

/** The moment an answer stands for. */
export interface AsOf {
  asOf: string;
  asOfPosition: string;
}

export const asOfCheckpoint = ({ recordedAt, position }: Pick<CheckpointPlace, 'recordedAt' | 'position'>): AsOf => ({
  asOf: formatMicros(recordedAt),
  asOfPosition: position.toString(),
});
