import { fileURLToPath } from 'node:url';
import type { Server } from '@grpc/grpc-js';
import { reflectionOf } from '@ledgerflow/platform/grpc';

/** The contract's own file; the contracts package lies beside its sources. */
export function writerReflection(): Promise<(server: Server) => void> {
  const proto = new URL('../proto/', import.meta.resolve('@ledgerflow/contracts'));
  return reflectionOf('ledgerflow/ledger/v1/ledger.proto', [fileURLToPath(proto)]);
}
