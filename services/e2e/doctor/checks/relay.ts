import { silentLogger } from '@ledgerflow/platform/log';
import { Deployment } from '../../../admin-gateway/src/ops/deployment.ts';
import type { Installation } from '../installation.ts';

/** Whether records are sent to Kafka: as the installation says, else as a writer does. Null: nobody says. */
export async function relayOf({ kafka, isWhole, operations }: Installation): Promise<'on' | 'off' | null> {
  if (kafka !== null) return 'on';
  if (isWhole) return 'off';
  return (await new Deployment([...operations], silentLogger).outbox())?.relay ?? null;
}
