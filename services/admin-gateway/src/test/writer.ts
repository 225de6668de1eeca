import { silentLogger } from '@ledgerflow/platform/log';
import { LedgerServiceService } from '@ledgerflow/contracts/grpc';
import type { Certificates } from '@ledgerflow/local/certificates';
import { type GrpcServer, readTls, serverCredentials, startGrpcServer, type TlsFiles } from '@ledgerflow/platform/grpc';
import { Health } from '@ledgerflow/platform/health';
import { createMetrics, requestMetrics } from '@ledgerflow/platform/metrics';
import { GroupCommit } from '../../../ledger-writer/src/application/group-commit.ts';
import { silentObserver } from '../../../ledger-writer/src/application/observer.ts';
import { BATCH_OPTIONS_DEFAULT } from '../../../ledger-writer/src/domain/batch.ts';
import { ledgerService } from '../../../ledger-writer/src/grpc/service.ts';
import { makeMemoryStore, type MemoryLedgerDirectory, type MemoryLedgerStore } from '../../../ledger-writer/src/memory/store.ts';
import { CommitHub } from '../../../ledger-writer/src/outbox/hub.ts';

export interface TestWriter extends GrpcServer {
  store: MemoryLedgerStore;
  directory: MemoryLedgerDirectory;
  /** Sizes of the Execute calls so far. */
  calls: number[];
  /** Told after each commit. */
  onCommit: (ledger: string, texts: readonly string[]) => void;
}

export const tlsFiles = (certificates: Certificates, service: string): TlsFiles => ({
  TLS_CA_FILE: certificates.caFile,
  TLS_CERT_FILE: certificates.certFile(service),
  TLS_KEY_FILE: certificates.keyFile(service),
});

/** The ledger writer as it is, over mTLS, on its store in memory. */
export async function startTestWriter(
  certificates: Certificates,
  port = 0,
  stored: Pick<TestWriter, 'store' | 'directory'> = makeMemoryStore(),
): Promise<TestWriter> {
  const { store, directory } = stored;
  const log = silentLogger;
  const hub = new CommitHub();
  const calls: number[] = [];
  let told: TestWriter['onCommit'] = () => undefined;
  const groupCommit = new GroupCommit({
    store,
    committed: (location, texts, head) => {
      hub.committed(location, texts, head);
      told(location.ledger, texts);
    },
    observer: silentObserver,
    batchOptions: BATCH_OPTIONS_DEFAULT,
    batchCountMax: 1_000,
    batchBytesMax: 8 * 1024 * 1024,
    queueCountMax: 20_000,
    queueBytesMax: 64 * 1024 * 1024,
    batchesInFlightMax: 4,
  });
  const heads = {
    readHeads: async ({ ledgers }: { ledgers?: readonly string[] }) => {
      const places = (await directory.list()).filter(({ ledger }) => ledgers === undefined || ledgers.includes(ledger));
      return Promise.all(places.map(async (location) => ({ location, head: (await store.readHead(location))! })));
    },
    readClock: async () => BigInt(Date.now()) * 1000n,
  };
  const implementation = ledgerService({
    directory,
    store,
    heads,
    groupCommit,
    hub,
    requests: requestMetrics(createMetrics('test'), 'grpc'),
    log,
    stopping: new AbortController().signal,
  });
  const { execute } = implementation;
  implementation.execute = (call, callback) => {
    calls.push(call.request.commands.length);
    execute(call, callback);
  };
  const server = await startGrpcServer({
    host: '127.0.0.1',
    port,
    credentials: serverCredentials(readTls(tlsFiles(certificates, 'ledger-writer'))),
    services: [{ definition: LedgerServiceService, implementation, name: 'ledger' }],
    health: new Health(),
  });
  return {
    ...server,
    store,
    directory,
    calls,
    get onCommit() {
      return told;
    },
    set onCommit(listener) {
      told = listener;
    },
  };
}
