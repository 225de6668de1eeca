import type { IncomingMessage, ServerResponse } from 'node:http';
import { refuseAnotherSite } from '../session/csrf.ts';
import type { Sessions } from '../session/sessions.ts';
import type { Principal } from './principal.ts';
import type { SignatureChecks, TokenVerifier } from './verifier.ts';

export interface Authentication {
  verifier: Pick<TokenVerifier, 'authenticate'>;
  /** null: nobody is signed in here, cookies mean nothing. */
  sessions: Pick<Sessions, 'isIn' | 'authenticate'> | null;
  /** This API as browsers know it; undefined: as the request names it. */
  publicUrl: string | undefined;
}

/** The caller, by the Authorization header or else by the session cookie, whose token is verified the same way. No promise when the verifier knows the token. A cookie's token was checked when it was sealed, so it costs no wrong token of its address. */
export function authenticate(
  request: IncomingMessage,
  response: ServerResponse,
  { verifier, sessions, publicUrl }: Authentication,
  checks: SignatureChecks,
): Principal | Promise<Principal> {
  refuseAnotherSite(request, publicUrl);
  const { authorization } = request.headers;
  if (authorization !== undefined || sessions === null || !sessions.isIn(request)) return verifier.authenticate(authorization, checks);
  return sessions.authenticate(request, response);
}
