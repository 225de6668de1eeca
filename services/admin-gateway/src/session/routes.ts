import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from '@ledgerflow/platform/log';
import type { Express } from 'express';
import type { TokenVerifier } from '../auth/verifier.ts';
import { SECURITY_HEADERS } from '../http/respond.ts';
import { Cookies } from './cookies.ts';
import type { SignInOptions } from './options.ts';
import { sendRefusal } from './page.ts';
import { OpenIdProvider } from './provider.ts';
import { Seal } from './seal.ts';
import { Sessions } from './sessions.ts';
import { SignIn } from './sign-in.ts';
import { signOut } from './sign-out.ts';

export interface BrowserSignIn {
  sessions: Sessions;
  /** Adds /oauth2/*, with the names and meanings of oauth2-proxy, which takes these paths to itself when it stands in front. */
  addRoutes(app: Express): void;
}

type Answer = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

export function browserSignIn(
  options: SignInOptions & { issuer: string; verifier: Pick<TokenVerifier, 'authenticate'>; log: Logger; now?: () => number },
): BrowserSignIn {
  const { publicUrl, issuer, clientId, secrets, verifier, log, now = Date.now, idleSeconds, maxSeconds } = options;
  const cookies = new Cookies(publicUrl.startsWith('https:'));
  const seal = new Seal({ secrets, issuer, clientId, now });
  const provider = new OpenIdProvider(options);
  const sessions = new Sessions({ cookies, seal, provider, verifier, log, now, idleSeconds, maxSeconds });
  const signIn = new SignIn({ publicUrl, cookies, seal, provider, sessions, verifier, log });

  const answering = (answer: Answer) => (request: IncomingMessage, response: ServerResponse) =>
    void answer(request, response).catch((error: unknown) => {
      const { code } = sendRefusal(request, response, error);
      if (code === 'internal') log.error({ reason: (error as Error).message }, 'a request of the sign-in failed');
    });

  const userInfo: Answer = async (request, response) => {
    const { principal, session } = await sessions.resume(request, response);
    const { name, email } = session.person;
    const body = JSON.stringify({ user: principal.id, email, groups: principal.roles, preferredUsername: name });
    response.writeHead(200, [...Object.entries(SECURITY_HEADERS).flat(), 'content-type', 'application/json']).end(body);
  };

  const auth: Answer = async (request, response) => {
    await sessions.resume(request, response);
    response.writeHead(202, [...Object.entries(SECURITY_HEADERS).flat(), 'content-length', '0']).end();
  };

  return {
    sessions,
    addRoutes: (app) => {
      app.get(
        ['/oauth2/start', '/oauth2/sign_in'],
        answering((request, response) => signIn.start(request, response)),
      );
      app.get(
        '/oauth2/callback',
        answering((request, response) => signIn.callback(request, response)),
      );
      for (const method of ['get', 'post'] as const)
        app[method](
          '/oauth2/sign_out',
          answering((request, response) => signOut(request, response, { publicUrl, provider, sessions, log })),
        );
      app.get('/oauth2/userinfo', answering(userInfo));
      app.get('/oauth2/auth', answering(auth));
    },
  };
}
