import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from '@ledgerflow/platform/log';
import type { RequestMetrics } from '@ledgerflow/platform/metrics';
import type { Express } from 'express';
import { accessOf } from '../audit/access.ts';
import type { Accesses } from '../audit/accesses.ts';
import type { TokenVerifier } from '../auth/verifier.ts';
import type { Problem } from '../http/problem.ts';
import { requestIds } from '../http/request-ids.ts';
import { SECURITY_HEADER_LIST } from '../http/respond.ts';
import type { Limits, TrafficClass } from '../limits/limits.ts';
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

export interface BrowserSignInOptions extends SignInOptions {
  issuer: string;
  verifier: Pick<TokenVerifier, 'authenticate'>;
  limits: Pick<Limits, 'enter' | 'leave' | 'admitAddress' | 'addressOf'>;
  accesses: Pick<Accesses, 'add'>;
  metrics: RequestMetrics;
  log: Logger;
  now?: () => number;
}

export function browserSignIn(options: BrowserSignInOptions): BrowserSignIn {
  const { limits, accesses, metrics } = options;
  const { publicUrl, issuer, clientId, secrets, verifier, log, now = Date.now, idleSeconds, maxSeconds } = options;
  const cookies = new Cookies(publicUrl.startsWith('https:'));
  const seal = new Seal({ secrets, issuer, clientId, now });
  const provider = new OpenIdProvider(options);
  const sessions = new Sessions({ cookies, seal, provider, verifier, log, now, idleSeconds, maxSeconds });
  const signIn = new SignIn({ publicUrl, cookies, seal, provider, sessions, verifier, log });

  /** Everything that a route of the API is bounded by, counted in and recorded as holds for these too. */
  const answering = (name: string, traffic: TrafficClass, answer: Answer) => {
    const run: Answer = async (request, response) => {
      const beganMs = performance.now();
      const { requestId } = requestIds(request.headers);
      let problem: Problem | undefined;
      let entered = false;
      try {
        limits.enter(traffic);
        entered = true;
        await limits.admitAddress(request);
        await answer(request, response);
      } catch (error) {
        problem = sendRefusal(request, response, error, requestId);
        if (problem.code === 'internal') log.error({ reason: (error as Error).message, requestId }, 'a request of the sign-in failed');
      } finally {
        if (entered) limits.leave(traffic);
        const { status, code } = problem ?? { status: response.statusCode, code: undefined };
        const [path = ''] = (request.url ?? '').split('?', 1);
        metrics.observe(
          { operation: `${request.method ?? ''} /oauth2/${name}`, outcome: code ?? String(status) },
          (performance.now() - beganMs) / 1000,
        );
        // Without the query: a code that was not spent stands in it.
        const call = { action: `sign-in.${name}`, path, query: '', ledger: undefined, principal: undefined };
        if (status === 401 || status === 403) accesses.add(accessOf({ ...call, address: limits.addressOf(request), requestId, code }));
      }
    };
    // Everything that can be thrown is answered inside.
    return (request: IncomingMessage, response: ServerResponse) => void run(request, response);
  };

  const userInfo: Answer = async (request, response) => {
    const { principal, session } = await sessions.resume(request, response);
    const { name, email } = session.person;
    const body = JSON.stringify({ user: principal.id, email, groups: principal.roles, preferredUsername: name });
    response.writeHead(200, [...SECURITY_HEADER_LIST, 'content-type', 'application/json']).end(body);
  };

  const auth: Answer = async (request, response) => {
    await sessions.resume(request, response);
    response.writeHead(202, [...SECURITY_HEADER_LIST, 'content-length', '0']).end();
  };

  return {
    sessions,
    addRoutes: (app) => {
      app.get(
        ['/oauth2/start', '/oauth2/sign_in'],
        answering('start', 'signIn', (request, response) => signIn.start(request, response)),
      );
      app.get(
        '/oauth2/callback',
        answering('callback', 'signIn', (request, response) => signIn.callback(request, response)),
      );
      for (const method of ['get', 'post'] as const)
        app[method](
          '/oauth2/sign_out',
          answering('sign-out', 'signIn', (request, response) => signOut(request, response, { publicUrl, provider, sessions, log })),
        );
      app.get('/oauth2/userinfo', answering('userinfo', 'read', userInfo));
      app.get('/oauth2/auth', answering('auth', 'read', auth));
    },
  };
}
