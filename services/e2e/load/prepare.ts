import { randomUUID } from 'node:crypto';
import { requestAccessToken, UserError } from '@ledgerflow/local/access';
import type { HttpAnswer, HttpTarget } from '../driver/index.ts';
import { EXIT_USAGE } from '../terminal/index.ts';
import { CURRENCY } from './requests.ts';

const TOKEN_TTL_SECONDS_MIN = 3_600;
const TEXT_SHOWN_MAX = 300;

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

/** What a problem document says, in one line; of anything else its beginning. */
function saidBy(text: string): string {
  try {
    const { code, title, detail } = JSON.parse(text) as Record<string, unknown>;
    const parts = [code, detail ?? title].filter((part) => typeof part === 'string');
    if (parts.length > 0) return parts.join(': ').slice(0, TEXT_SHOWN_MAX);
  } catch {
    // Not of LedgerFlow, or of something before it.
  }
  return text.slice(0, TEXT_SHOWN_MAX).replaceAll(/\s+/g, ' ');
}

function refusal(what: string, { status, text }: HttpAnswer): UserError {
  const hint = status === 401 ? ' (--token or LEDGERFLOW_TOKEN gives the token)' : '';
  return new UserError(`${what}: the API answered ${status} ${saidBy(text)}${hint}`, EXIT_USAGE);
}

/** Makes sure that there is the ledger; true if it was opened now. Throws UserError when it can be neither used nor opened. */
export async function prepareLedger(target: HttpTarget, ledger: string): Promise<boolean> {
  const request = (...[one]: Parameters<HttpTarget['request']>): Promise<HttpAnswer> =>
    target.request(one).catch((error: Error) => {
      throw new UserError(`nothing answers there (${error.message}): start LedgerFlow by npm start, or name it by --base-url`, EXIT_USAGE);
    });
  const found = await request({ method: 'GET', path: `/api/v1/ledgers/${encodeURIComponent(ledger)}` });
  if (found.status === 200) return false;
  if (found.status !== 404) throw refusal(`ledger ${ledger} cannot be used`, found);
  const opened = await request({
    method: 'POST',
    path: '/api/v1/ledgers',
    headers: { 'content-type': 'application/json', 'idempotency-key': randomUUID() },
    body: JSON.stringify({ id: ledger, currencies: [CURRENCY] }),
  });
  if (opened.status !== 201 && opened.status !== 409) throw refusal(`ledger ${ledger} cannot be opened`, opened);
  return opened.status === 201;
}
