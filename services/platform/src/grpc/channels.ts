import { createHash } from 'node:crypto';
import { connectivityState, type ChannelCredentials, type ClientOptions } from '@grpc/grpc-js';
import { LedgerServiceClient } from '@ledgerflow/contracts/grpc';

export interface WriterChannelsOptions {
  /** "host:port,host:port". */
  addresses: string;
  credentials: ChannelCredentials;
  /**
   * What a writer may send of one stream before it is read, in bytes; absent: HTTP/2's 64 KiB, less than one page of a log, so that writer and reader wait for each
   * other all the time.
   */
  windowBytes?: number;
}

const CLIENT_OPTIONS = {
  'grpc.max_receive_message_length': 16 * 1024 * 1024,
  'grpc.max_send_message_length': 16 * 1024 * 1024,
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 5_000,
  'grpc.keepalive_permit_without_calls': 1,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.min_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 2_000,
  'grpc.enable_retries': 0,
};

/** TLS names no IP address as its server (RFC 6066): on loopback the certificate is checked for localhost instead. */
function optionsFor(address: string, windowBytes: number | undefined): ClientOptions {
  return {
    ...CLIENT_OPTIONS,
    ...(windowBytes === undefined ? {} : { 'grpc-node.flow_control_window': windowBytes }),
    ...(address.startsWith('127.0.0.1:') ? { 'grpc.ssl_target_name_override': 'localhost' } : {}),
  };
}

/**
 * One channel a writer. A ledger prefers one writer by rendezvous hashing, so its commands meet in one group commit; when that channel is failing the next one
 * in the ledger's order is taken. Correctness never depends on which.
 */
export class WriterChannels {
  private readonly clients: { address: string; client: LedgerServiceClient }[];

  constructor({ addresses, credentials, windowBytes }: WriterChannelsOptions) {
    this.clients = addresses
      .split(',')
      .map((address) => ({ address, client: new LedgerServiceClient(address, credentials, optionsFor(address, windowBytes)) }));
  }

  /** The writer for a ledger; attempt n takes the n-th in its order, after those that are failing. */
  for(ledger: string, attempt = 0): LedgerServiceClient {
    if (this.clients.length === 1) return this.clients[0]!.client;
    const ordered = this.clients
      .map((entry) => ({
        ...entry,
        weight: createHash('sha256').update(entry.address).update('\0').update(ledger).digest().readUInt32BE(0),
      }))
      .sort((a, b) => b.weight - a.weight);
    const failing = (entry: { client: LedgerServiceClient }): number =>
      entry.client.getChannel().getConnectivityState(false) === connectivityState.TRANSIENT_FAILURE ? 1 : 0;
    ordered.sort((a, b) => failing(a) - failing(b));
    return ordered[attempt % ordered.length]!.client;
  }

  /** Any working writer. */
  any(attempt = 0): LedgerServiceClient {
    return this.for('', attempt);
  }

  /** Reasons of the channels that can not connect; empty when all work or are idle. */
  failing(): string[] {
    return this.clients
      .filter(({ client }) => client.getChannel().getConnectivityState(true) === connectivityState.TRANSIENT_FAILURE)
      .map(({ address }) => `the writer at ${address} can not be reached`);
  }

  get count(): number {
    return this.clients.length;
  }

  close(): void {
    for (const { client } of this.clients) client.close();
  }
}
