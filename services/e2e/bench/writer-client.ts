import { readFileSync } from 'node:fs';
import type { ChannelCredentials } from '@grpc/grpc-js';
import { ExecuteRequest, LedgerServiceClient, LedgerServiceService } from '@ledgerflow/contracts/grpc';
import { clientCredentials } from '@ledgerflow/platform/grpc';
import type { Certificates } from '@ledgerflow/local/certificates';
import { accountId, type Body, commandOf, CURRENCY, hex, type Numbers, PRINCIPAL, recordsIn } from './commands.ts';

const CALL_TIMEOUT_MS = 30_000;
const MESSAGE_BYTES_MAX = 16 * 1024 * 1024;
const OPTIONS = {
  'grpc.max_receive_message_length': MESSAGE_BYTES_MAX,
  'grpc.max_send_message_length': MESSAGE_BYTES_MAX,
  'grpc.enable_retries': 0,
  'grpc.ssl_target_name_override': 'localhost',
};
const asItIs = (bytes: Buffer): Buffer => bytes;

/** Speaks to one writer with the gateway's certificate, in encoded messages. */
export class WriterClient {
  private readonly client: LedgerServiceClient;

  constructor(address: string, credentials: ChannelCredentials) {
    this.client = new LedgerServiceClient(address, credentials, OPTIONS);
  }

  /** An encoded ExecuteRequest to an encoded ExecuteResponse. */
  execute(request: Buffer): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const options = { deadline: Date.now() + CALL_TIMEOUT_MS };
      this.client.makeUnaryRequest(LedgerServiceService.execute.path, asItIs, asItIs, request, options, (error, response) => {
        if (error !== null || response === undefined) reject(error ?? new Error('no answer of the writer'));
        else resolve(response);
      });
    });
  }

  close(): void {
    this.client.close();
  }
}

export function gatewayCredentials(certificates: Certificates): ChannelCredentials {
  const service = 'admin-gateway';
  return clientCredentials({
    ca: readFileSync(certificates.caFile),
    cert: readFileSync(certificates.certFile(service)),
    key: readFileSync(certificates.keyFile(service)),
  });
}

/** Sends commands once and expects a record for each. */
export async function post(client: WriterClient, numbers: Numbers, ledger: string, bodies: readonly Body[]): Promise<Buffer> {
  const first = numbers.take(bodies.length);
  const commands = bodies.map((body, index) => commandOf(ledger, body, `bench-key-${hex(first + index)}`, hex(first + index)));
  const response = await client.execute(Buffer.from(ExecuteRequest.encode({ principals: [PRINCIPAL], commands }).finish()));
  recordsIn(response, bodies.length);
  return response;
}

const OPEN_LIST = 500;
/** Lists on their way at once while accounts are opened. */
const OPEN_LISTS = 4;
const INITIAL_BALANCE = '1000000000.00';

export function openAccount(id: string, isUnlimited = false): Body {
  return {
    $case: 'openAccount',
    value: {
      id,
      currency: CURRENCY,
      name: undefined,
      ownerId: undefined,
      initialBalance: isUnlimited ? undefined : INITIAL_BALANCE,
      minBalance: isUnlimited ? { value: { $case: 'none', value: true } } : undefined,
      maxBalance: undefined,
      metadata: undefined,
    },
  };
}

/** Opens a ledger with accounts of USD, each with enough money for any run. */
export async function openLedger(client: WriterClient, numbers: Numbers, ledger: string, accounts: number): Promise<void> {
  await post(client, numbers, ledger, [{ $case: 'openLedger', value: { currencies: [{ code: CURRENCY, scale: undefined }] } }]);
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < accounts) {
      const from = next;
      next = Math.min(accounts, next + OPEN_LIST);
      await post(
        client,
        numbers,
        ledger,
        Array.from({ length: next - from }, (_, index) => openAccount(accountId(from + index))),
      );
    }
  };
  await Promise.all(Array.from({ length: OPEN_LISTS }, work));
}
