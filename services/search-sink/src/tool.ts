import { loadConfig } from '@ledgerflow/platform/config';
import { clientCredentials, readTls, WriterChannels } from '@ledgerflow/platform/grpc';
import { createLogger, type Logger, withoutCredentials } from '@ledgerflow/platform/log';
import { CONFIG } from './config.ts';
import { WriterLog } from './feed/writer-log.ts';
import { Generations } from './indices/generations.ts';
import { BulkWriter } from './node/bulk.ts';
import { SearchNode } from './node/client.ts';
import { optionsFrom } from './options.ts';

export interface ToolParts {
  node: SearchNode;
  bulk: BulkWriter;
  generations: Generations;
  writerLog: WriterLog;
  log: Logger;
}

/**
 * Runs a command with the service's configuration and ends the process: 0 when it is done; 1 when it is not, with the reason on standard error; 2 when it was called in a wrong
 * way; 78 for a wrong configuration.
 */
export async function runTool(work: (parts: ToolParts) => Promise<string>): Promise<void> {
  const config = loadConfig(CONFIG);
  const options = optionsFrom(config);
  const log = createLogger(CONFIG.service, config.LOG_LEVEL);
  const channels = new WriterChannels({ addresses: config.WRITER_ADDRESSES, credentials: clientCredentials(readTls(config)) });
  const node = new SearchNode(options.node);
  const bulk = new BulkWriter({ node, bytesMax: options.bulkBytesMax, signal: new AbortController().signal });
  const generations = new Generations(node, options.prefix, options.indices);
  const writerLog = new WriterLog({ channels, ...options });
  try {
    process.stdout.write(`${await work({ node, bulk, generations, writerLog, log })}\n`);
  } catch (error) {
    process.stderr.write(`${withoutCredentials((error as Error).message)}\n`);
    process.exitCode = 1;
  } finally {
    writerLog.close();
    channels.close();
    await node.close();
  }
}

export function refuseCall(usage: string): never {
  process.stderr.write(`usage: ${usage}\n`);
  process.exit(2);
}
