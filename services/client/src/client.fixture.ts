import { createLedgerFlow, type Credentials, type LedgerFlow, LedgerFlowError, type RetryNotice } from './index.ts';
import { scripted, type Sent, type Step } from './scripted.fixture.ts';

export const BODY = { from: 'a', to: 'b', amount: '1.00', currency: 'USD' };
export const MOVEMENT = { transactionId: '7', position: '7', recordedAt: 't', effectiveAt: 't', entries: [] };
export const BALANCE = { account: 'a', posted: '1.00' };
const FAST = { firstWaitMs: 1, waitMsMax: 2 };
/** As Node's fetch says that it ended in such a way. */
export const fault = (code: string, message: string, syscall?: string): Error =>
  new TypeError('fetch failed', { cause: Object.assign(new Error(message), { code, syscall }) });
/** Nothing was sent. */
export const refused = (): Error => fault('ECONNREFUSED', 'connect ECONNREFUSED 127.0.0.1:8080', 'connect');
/** After the connection was made. */
export const lost = (): Error => fault('UND_ERR_SOCKET', 'other side closed');

/** A client whose network does these steps. */
export function client(
  steps: Step[],
  credentials: Credentials = 'secret-token',
): { ledgerflow: LedgerFlow; sent: Sent[]; notices: RetryNotice[] } {
  const network = scripted(...steps);
  const notices: RetryNotice[] = [];
  const ledgerflow = createLedgerFlow({
    baseUrl: 'http://api.test/',
    credentials,
    retry: FAST,
    fetch: network.fetch,
    onRetry: (notice) => notices.push(notice),
  });
  return { ledgerflow, sent: network.sent, notices };
}

/** The error of the client that the work ends with. */
export async function failureOf(work: Promise<unknown>): Promise<LedgerFlowError> {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof LedgerFlowError)) throw new Error(`it did not fail as it should: ${String(error)}`);
  return error;
}
