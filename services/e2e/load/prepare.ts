import { createLedgerFlow, LedgerFlowProblem } from '@ledgerflow/client';
import { requestAccessToken, UserError } from '@ledgerflow/local/access';
import { EXIT_USAGE } from '../terminal/index.ts';
import { CURRENCY } from './requests.ts';

const TOKEN_TTL_SECONDS_MIN = 3_600;

/** A token that outlives the run: of the identity provider for development, unless one is given. */
export async function tokenFor({
  baseUrl,
  token,
  subject,
  duration,
}: {
  baseUrl: string;
  token?: string | undefined;
  subject: string;
  duration: number;
}): Promise<string> {
  if (token !== undefined) return token;
  return requestAccessToken(baseUrl, { roles: ['admin'], subject, ttlSeconds: duration + TOKEN_TTL_SECONDS_MIN }).catch(
    (error: unknown) => {
      throw error instanceof UserError ? new UserError(error.message, EXIT_USAGE) : error;
    },
  );
}

function refusal(what: string, { status, code, detail }: LedgerFlowProblem): UserError {
  const hint = status === 401 ? ' (--token or LEDGERFLOW_TOKEN gives the token)' : '';
  return new UserError(`${what}: the API answered ${status} ${code}: ${detail}${hint}`, EXIT_USAGE);
}

/** Makes sure that there is the ledger; true if it was opened now. Throws UserError when it can be neither used nor opened. */
export async function prepareLedger({ baseUrl, token, ledger }: { baseUrl: string; token: string; ledger: string }): Promise<boolean> {
  // A person waits: what does not answer is told at once.
  const api = createLedgerFlow({ baseUrl, credentials: token, retry: { attemptsMax: 1 } });
  const problemOf = (error: unknown): LedgerFlowProblem => {
    if (error instanceof LedgerFlowProblem) return error;
    throw new UserError(
      `nothing answers there (${(error as Error).message}): start LedgerFlow by npm start, or name it by --base-url`,
      EXIT_USAGE,
    );
  };
  const found = await api.getLedger({ ledger }).catch(problemOf);
  if (!(found instanceof LedgerFlowProblem)) return false;
  if (found.status !== 404) throw refusal(`ledger ${ledger} cannot be used`, found);
  const opened = await api.openLedger({ body: { id: ledger, currencies: [CURRENCY] } }).catch(problemOf);
  if (!(opened instanceof LedgerFlowProblem)) return true;
  if (opened.status !== 409) throw refusal(`ledger ${ledger} cannot be opened`, opened);
  return false;
}
