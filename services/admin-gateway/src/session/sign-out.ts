import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from '@ledgerflow/platform/log';
import { Problem } from '../http/problem.ts';
import { isFromAnotherSite } from './csrf.ts';
import { redirect } from './page.ts';
import type { OpenIdProvider } from './provider.ts';
import { returnPath } from './return-path.ts';
import type { Sessions } from './sessions.ts';

export interface SignOutParts {
  publicUrl: string;
  provider: Pick<OpenIdProvider, 'endSessionUrl'>;
  sessions: Sessions;
  log: Logger;
}

/** GET or POST /oauth2/sign_out?rd=/path: the session ends here, then at the provider if it has a page for that. A provider that does not answer keeps nobody signed in. */
export async function signOut(request: IncomingMessage, response: ServerResponse, parts: SignOutParts): Promise<void> {
  const { publicUrl, provider, sessions, log } = parts;
  if (isFromAnotherSite(request, publicUrl)) throw new Problem('csrf_refused', { detail: 'A page of another site may not sign you out' });
  const { url = '' } = request;
  const returnTo = returnPath(new URLSearchParams(url.includes('?') ? url.slice(url.indexOf('?')) : '').get('rd'));
  const session = await sessions.end(request, response);
  let location: string | null = null;
  if (session !== null) {
    try {
      location = await provider.endSessionUrl(session.idToken);
    } catch (error) {
      log.warn({ reason: (error as Error).message }, 'nobody is signed out at the identity provider');
    }
  }
  redirect(response, location ?? returnTo);
}
