import type { LedgerServiceServer } from '@ledgerflow/contracts/grpc';
import type { WriterContext } from './context.ts';
import { execute } from './execute.ts';
import { getAccount } from './get-account.ts';
import { getHeads } from './get-heads.ts';
import { readLog } from './read-log.ts';
import { readStream } from './read-stream.ts';
import { resolveTime } from './resolve-time.ts';
import { tailLog } from './tail-log.ts';

/** Every rpc of the contract, a file each. */
export function ledgerService(context: WriterContext): LedgerServiceServer {
  return {
    execute: execute(context),
    getAccount: getAccount(context),
    readStream: readStream(context),
    readLog: readLog(context),
    tailLog: tailLog(context),
    resolveTime: resolveTime(context),
    getHeads: getHeads(context),
  };
}
