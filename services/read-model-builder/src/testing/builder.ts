import { setTimeout as delay } from 'node:timers/promises';
import { clientCredentials, WriterChannels, type TlsMaterial } from '@ledgerflow/platform/grpc';
import { Health } from '@ledgerflow/platform/health';
import { Stoppable } from '@ledgerflow/platform/lifecycle';
import { silentLogger } from '@ledgerflow/platform/log';
import { Registry } from '@ledgerflow/platform/metrics';
import type { ReadDatabase } from '@ledgerflow/read-model/testing';
import { startBuilder, type BuilderOptions } from '../parts.ts';

export interface TestBuilder {
  health: Health;
  metrics: Registry;
  stop(): Promise<void>;
}

/** A builder as main.ts makes it, with short intervals. */
export async function startTestBuilder(
  db: Pick<ReadDatabase, 'builder'>,
  addresses: string,
  tls: TlsMaterial,
  over: Partial<BuilderOptions> = {},
): Promise<TestBuilder> {
  const parts = new Stoppable();
  const health = new Health();
  const metrics = new Registry();
  const channels = new WriterChannels({ addresses, credentials: clientCredentials(tls) });
  parts.add('channels', () => channels.close());
  const limits = {
    slots: 32,
    lanes: 2,
    batchCountMax: 50,
    batchBytesMax: 1_000_000,
    deadLettersMax: 1_000,
    deadLetterAgeMaxSeconds: 3_600,
    sweepIntervalMs: 100,
  };
  await startBuilder({ pool: db.builder, channels, kafka: null, ...limits, health, metrics, log: silentLogger, ...over }, parts);
  return { health, metrics, stop: () => parts.stop(silentLogger) };
}

/** Waits for a condition, with a deadline. */
export async function until(what: string, condition: () => boolean | Promise<boolean>, limitMs = 20_000): Promise<void> {
  for (const deadline = Date.now() + limitMs; !(await condition()); await delay(10)) {
    if (Date.now() > deadline) throw new Error(`not within ${limitMs} ms: ${what}`);
  }
}
