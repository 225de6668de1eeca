import { clientCredentials, WriterChannels } from '@ledgerflow/platform/grpc';
import { PROJECTIONS, readProjections, type LiveProjection } from '@ledgerflow/read-model/projections';
import type { ReadDatabase, ReadServer, TestLedger } from '@ledgerflow/read-model/testing';
import { LogReader } from '../feed/log-reader.ts';
import { startTestBuilder, until } from './builder.ts';
import { FakeWriter, type testCertificates } from './fake-writer.ts';

/** A writer with logs, and a read database that a builder keeps at their ends: what rebuilds are made of. */
export interface Rebuilding {
  db: ReadDatabase;
  writer: FakeWriter;
  channels: WriterChannels;
  reader: LogReader;
  /** The live projections of a ledger, by name. */
  live(ledger: TestLedger): Promise<ReadonlyMap<string, LiveProjection>>;
  stop(): Promise<void>;
}

/** Resolves when all projections of all ledgers are at the end. */
export async function startRebuilding(
  server: ReadServer,
  tls: Awaited<ReturnType<typeof testCertificates>>,
  ledgers: readonly TestLedger[],
): Promise<Rebuilding> {
  const db = await server.create();
  const writer = new FakeWriter();
  await writer.start(tls.writer);
  for (const ledger of ledgers) writer.ledgers.set(ledger.id, ledger);
  const address = `127.0.0.1:${writer.port}`;
  const feed = await startTestBuilder(db, address, tls.builder);
  const channels = new WriterChannels({ addresses: address, credentials: clientCredentials(tls.builder) });
  const reader = new LogReader({ channels });
  const live = async ({ number }: TestLedger): Promise<ReadonlyMap<string, LiveProjection>> =>
    (await readProjections(db.builder, [number])).get(number) ?? new Map();
  for (const ledger of ledgers)
    await until(`${ledger.id} is applied`, async () => {
      const rows = [...(await live(ledger)).values()];
      return rows.length === PROJECTIONS.length && rows.every(({ position }) => position === ledger.position);
    });
  const stop = async (): Promise<void> => {
    await feed.stop();
    reader.stop();
    channels.close();
    await writer.stop();
  };
  return { db, writer, channels, reader, live, stop };
}
