import { hash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from '@ledgerflow/platform/log';
import type { TokenVerifier } from '../auth/verifier.ts';
import { isProblem, Problem } from '../http/problem.ts';
import type { CookieKind, Cookies } from './cookies.ts';
import { redirect } from './page.ts';
import { type Attempt, type OpenIdProvider, ProviderError, randomState } from './provider.ts';
import { returnPath } from './return-path.ts';
import type { Seal } from './seal.ts';
import type { Sessions } from './sessions.ts';

export interface SignInParts {
  publicUrl: string;
  cookies: Cookies;
  seal: Seal;
  provider: OpenIdProvider;
  sessions: Sessions;
  verifier: Pick<TokenVerifier, 'authenticate'>;
  log: Logger;
}

interface Remembered extends Attempt {
  returnTo: string;
}

/** How long the provider's page may be left open. */
const ATTEMPT_SECONDS = 600;
/** Sign-ins of one browser at once: tabs that were opened together. A bound, because each is a cookie that every request carries. */
const ATTEMPTS_MAX = 4;
/** One in four places is found by so many draws with all but certainty. */
const STATES_DRAWN_MAX = 64;
/** States that came back, which are not taken again by this gateway; about as many as can come back within ATTEMPT_SECONDS. */
const SPENT_MAX = 10_000;

const query = ({ url = '' }: IncomingMessage): string => (url.includes('?') ? url.slice(url.indexOf('?')) : '');

/** Where an attempt is remembered follows from its state, which comes back in the address. */
function attemptCookie(state: string): CookieKind {
  return `sign_in_${hash('sha256', state, 'buffer')[0]! % ATTEMPTS_MAX}`;
}

/** One whose place is free in this browser; when all are taken, one that takes another's. */
function newState(cookies: Cookies, header: string | undefined): string {
  let state = randomState();
  for (let drawn = 1; drawn < STATES_DRAWN_MAX && cookies.has(header, attemptCookie(state)); drawn++) state = randomState();
  return state;
}

function problemOf(error: unknown): unknown {
  if (!(error instanceof ProviderError)) return error;
  if (error.kind === 'unreachable') return new Problem('unavailable', { detail: 'The identity provider can not be reached' });
  return new Problem('unauthenticated', { detail: 'The identity provider did not sign you in' });
}

/** The code flow with PKCE: to the provider, and back with a session. */
export class SignIn {
  private readonly parts: SignInParts;
  private readonly spent = new Set<string>();

  constructor(parts: SignInParts) {
    this.parts = parts;
  }

  /** GET /oauth2/start?rd=/path: sends the browser to the provider. */
  async start(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { provider, seal, cookies, publicUrl } = this.parts;
    const parameters = new URLSearchParams(query(request));
    const returnTo = returnPath(parameters.get('rd'));
    // The provider sends the browser to the public address, where cookies of another name for this host do not come along. Once only: a proxy may rename the host.
    if (request.headers.host !== new URL(publicUrl).host && !parameters.has('public')) {
      redirect(response, `${publicUrl}/oauth2/start?${new URLSearchParams({ rd: returnTo, public: '1' }).toString()}`);
      return;
    }
    const { url, ...attempt } = await provider
      .begin(newState(cookies, request.headers.cookie))
      .catch((error: unknown) => Promise.reject(problemOf(error)));
    const sealed = await seal.seal('sign-in', { ...attempt, returnTo } satisfies Remembered, ATTEMPT_SECONDS);
    const lines = cookies.set(request.headers.cookie, attemptCookie(attempt.state), sealed, ATTEMPT_SECONDS) ?? [];
    for (const line of lines) response.appendHeader('set-cookie', line);
    redirect(response, url);
  }

  /** GET /oauth2/callback: the browser comes back. Only the one that was sent, once: the code is the provider's to spend, the state is this browser's. */
  async callback(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { cookies, sessions, provider, verifier, log } = this.parts;
    const attempt = await this.remembered(request);
    if (attempt === null || this.spent.has(attempt.state)) return this.withoutAttempt(request, response);
    this.spent.add(attempt.state);
    if (this.spent.size > SPENT_MAX) this.spent.delete(this.spent.values().next().value!);
    for (const line of cookies.clear(request.headers.cookie, attemptCookie(attempt.state))) response.appendHeader('set-cookie', line);
    try {
      const { person, ...tokens } = await provider.finish(query(request), attempt);
      const principal = await verifier.authenticate(`Bearer ${tokens.accessToken}`);
      if (!(await sessions.begin(request, response, tokens, person)))
        throw new Problem('internal', { detail: 'The tokens of the identity provider are too large for a session' });
      log.info({ principal: principal.id }, 'signed in');
    } catch (error) {
      log.warn({ reason: (error as Error).message }, 'a sign-in failed');
      if (isProblem(error) && error.code === 'unauthenticated')
        throw new Problem('unauthenticated', {
          detail: `The identity provider gave a token that this API does not take: ${error.message}`,
        });
      throw problemOf(error);
    }
    redirect(response, attempt.returnTo);
  }

  private async remembered(request: IncomingMessage): Promise<Remembered | null> {
    const { cookies, seal } = this.parts;
    const state = new URLSearchParams(query(request)).get('state') ?? '';
    const sealed = cookies.read(request.headers.cookie, attemptCookie(state));
    const attempt = sealed === null ? null : await seal.open<Remembered>('sign-in', sealed);
    return attempt?.state === state ? attempt : null;
  }

  /** A second tab, or the back button: whoever is signed in goes on. Else the answer belongs to another browser (login CSRF), or came too late. */
  private async withoutAttempt(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { sessions } = this.parts;
    if (sessions.isIn(request)) {
      try {
        await sessions.resume(request, response);
        redirect(response, '/');
        return;
      } catch (error) {
        if (!isProblem(error) || error.code !== 'unauthenticated') throw error;
      }
    }
    throw new Problem('csrf_refused', { detail: 'This sign-in was not begun in this browser, or too long ago: sign in again' });
  }
}
