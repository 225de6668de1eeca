import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from '@ledgerflow/platform/log';
import type { Principal } from '../auth/principal.ts';
import type { TokenVerifier } from '../auth/verifier.ts';
import { isProblem, Problem } from '../http/problem.ts';
import type { Cookies } from './cookies.ts';
import { requireCsrfHeader } from './csrf.ts';
import type { SignInOptions } from './options.ts';
import { type OpenIdProvider, type Person, ProviderError, type Tokens } from './provider.ts';
import { Refreshes } from './refreshes.ts';
import type { Seal } from './seal.ts';
import { needsRefresh, type Seen, type Session } from './session.ts';

export interface SessionsOptions extends Pick<SignInOptions, 'idleSeconds' | 'maxSeconds'> {
  cookies: Cookies;
  seal: Seal;
  provider: Pick<OpenIdProvider, 'refresh' | 'revoke'>;
  verifier: Pick<TokenVerifier, 'authenticate'>;
  log: Logger;
  now: () => number;
}

/** refused: the provider gives no new token; unreachable: it may later. */
type Refreshed = { session: Session } | 'refused' | 'unreachable';

/** Requests that began before a refresh was answered come with the old cookie for so long at most. */
const KEEP_REFRESHED_MS = 60_000;
/** The provider is not asked about the same token again before. */
const KEEP_FAILURE_MS = 5_000;
/** How much older the noted use may be than the last one. */
const SEEN_STEP_MAX_MS = 60_000;
const SEEN_STEP_SHARE = 0.1;
const ENDED_MAX = 10_000;
/** Refreshes that a late request may have missed within KEEP_REFRESHED_MS. */
const REFRESHES_BEHIND_MAX = 10;
const ID_BYTES = 16;

/** There is no session, whatever the cookie says: the cookie is taken back. */
class NoSession extends Error {
  override name = 'NoSession';
}

/** Sessions of browsers: the tokens are in an encrypted cookie and nowhere else, so any gateway that has the secret can go on with any of them. */
export class Sessions {
  private readonly options: SessionsOptions;
  private readonly refreshes: Refreshes<Refreshed>;
  /** Signed out here: a cookie that somebody kept, or a refresh that was under way, comes to nothing. */
  private readonly ended = new Set<string>();

  constructor(options: SessionsOptions) {
    this.options = options;
    const keepMs = (result: Refreshed): number => (typeof result === 'string' ? KEEP_FAILURE_MS : KEEP_REFRESHED_MS);
    this.refreshes = new Refreshes({ keepMs, now: options.now });
  }

  /** Whether the browser sent a session cookie, good or bad. */
  isIn({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
    return this.options.cookies.has(headers.cookie, 'session');
  }

  /** A new session, whatever the browser had before: an id that somebody else may know is never carried on. false: it does not fit into cookies. */
  async begin(request: IncomingMessage, response: ServerResponse, tokens: Tokens, person: Person): Promise<boolean> {
    const nowMs = this.options.now();
    const session = { ...tokens, person, id: randomBytes(ID_BYTES).toString('base64url'), signedInAtMs: nowMs, refreshedAtMs: nowMs };
    if (!(await this.write(request, response, session))) return false;
    await this.noteUse(request, response, session);
    return true;
  }

  /** The caller that the cookies stand for; the token is verified like any other. What is to change in the cookies is put on the response. Throws Problem. */
  async authenticate(request: IncomingMessage, response: ServerResponse): Promise<Principal> {
    requireCsrfHeader(request);
    return (await this.resume(request, response)).principal;
  }

  /** The same with what the session knows of the person. */
  async resume(request: IncomingMessage, response: ServerResponse): Promise<{ session: Session; principal: Principal }> {
    try {
      const { session: sent, seen } = await this.open(request);
      const session = await this.renew(sent);
      const principal = await this.options.verifier.authenticate(`Bearer ${session.accessToken}`);
      if (session !== sent) await this.write(request, response, session);
      if (this.isWorthNoting(seen)) await this.noteUse(request, response, session);
      return { session, principal };
    } catch (error) {
      const isOver = error instanceof NoSession || (isProblem(error) && error.code === 'unauthenticated');
      if (!isOver) throw error;
      this.takeBack(request, response);
      throw new Problem('unauthenticated', {
        detail: this.isIn(request) ? 'The session has ended: sign in again' : 'Nobody is signed in',
        headers: { 'www-authenticate': 'Bearer realm="ledgerflow"' },
      });
    }
  }

  /** Ends it here and takes the cookies back; the session as it was, null when there was none. */
  async end(request: IncomingMessage, response: ServerResponse): Promise<Session | null> {
    let session: Session | null = null;
    try {
      ({ session } = await this.open(request));
    } catch (error) {
      if (!(error instanceof NoSession)) throw error;
    }
    this.takeBack(request, response);
    if (session === null) return null;
    this.ended.add(session.id);
    if (this.ended.size > ENDED_MAX) this.ended.delete(this.ended.values().next().value!);
    for (let behind = 0; behind < REFRESHES_BEHIND_MAX && session.refreshToken !== undefined; behind++) {
      const refreshed: Refreshed | null = await this.refreshes.find({ ...session, refreshToken: session.refreshToken });
      if (refreshed === null || typeof refreshed === 'string') break;
      ({ session } = refreshed);
    }
    if (session.refreshToken !== undefined) await this.options.provider.revoke(session.refreshToken);
    return session;
  }

  private takeBack({ headers }: IncomingMessage, response: ServerResponse): void {
    const { cookies } = this.options;
    for (const kind of ['session', 'seen'] as const)
      for (const line of cookies.clear(headers.cookie, kind)) response.appendHeader('set-cookie', line);
  }

  /** Opens the cookies and checks both ends: idle and absolute. */
  private async open({ headers: { cookie } }: IncomingMessage): Promise<{ session: Session; seen: Seen }> {
    const { cookies, seal, now, idleSeconds, maxSeconds } = this.options;
    const [sealed, sealedSeen] = [cookies.read(cookie, 'session'), cookies.read(cookie, 'seen')];
    if (sealed === null || sealedSeen === null) throw new NoSession();
    const [session, seen] = await Promise.all([seal.open<Session>('session', sealed), seal.open<Seen>('seen', sealedSeen)]);
    if (session === null || seen === null || seen.id !== session.id || this.ended.has(session.id)) throw new NoSession();
    const nowMs = now();
    if (nowMs >= session.signedInAtMs + maxSeconds * 1000 || nowMs >= seen.atMs + idleSeconds * 1000) throw new NoSession();
    return { session, seen };
  }

  private async renew(sent: Session): Promise<Session> {
    const { now } = this.options;
    let session = sent;
    for (let behind = 0; behind < REFRESHES_BEHIND_MAX && needsRefresh(session, now()); behind++) {
      const { refreshToken } = session;
      const refreshed =
        refreshToken === undefined
          ? 'refused'
          : await this.refreshes.run({ ...session, refreshToken }, () => this.refresh(session, refreshToken));
      if (this.ended.has(session.id)) throw new NoSession();
      if (typeof refreshed !== 'string') {
        ({ session } = refreshed);
        continue;
      }
      // The token is still good for a moment: another gateway may have had the refresh, or the provider comes back.
      if (now() < session.accessExpiresAtMs) return session;
      if (refreshed === 'refused') throw new NoSession();
      throw new Problem('unavailable', { detail: 'The identity provider can not be reached' });
    }
    return session;
  }

  private async refresh(session: Session, refreshToken: string): Promise<Refreshed> {
    const { provider, log, now } = this.options;
    try {
      const tokens = await provider.refresh({ ...session, refreshToken });
      return { session: { ...session, ...tokens, refreshedAtMs: now() } };
    } catch (error) {
      const kind = error instanceof ProviderError ? error.kind : 'unreachable';
      log.warn({ kind, reason: (error as Error).message }, 'a session could not be refreshed');
      return kind;
    }
  }

  private async write(request: IncomingMessage, response: ServerResponse, session: Session): Promise<boolean> {
    const { cookies, seal, now, maxSeconds } = this.options;
    const ttlSeconds = Math.max(1, Math.ceil((session.signedInAtMs - now()) / 1000) + maxSeconds);
    const { cookie } = request.headers;
    // The ID token is only a hint at sign-out.
    for (const content of [session, { ...session, idToken: undefined }]) {
      const lines = cookies.set(cookie, 'session', await seal.seal('session', content, ttlSeconds), ttlSeconds);
      if (lines === null) continue;
      for (const line of lines) response.appendHeader('set-cookie', line);
      return true;
    }
    this.options.log.error({ accessTokenCharacters: session.accessToken.length }, 'the tokens of a session are too large for cookies');
    return false;
  }

  private isWorthNoting({ atMs }: Seen): boolean {
    const { now, idleSeconds } = this.options;
    return now() - atMs > Math.min(SEEN_STEP_MAX_MS, idleSeconds * 1000 * SEEN_STEP_SHARE);
  }

  private async noteUse(request: IncomingMessage, response: ServerResponse, { id }: Session): Promise<void> {
    const { cookies, seal, now, idleSeconds } = this.options;
    const sealed = await seal.seal('seen', { id, atMs: now() } satisfies Seen, idleSeconds);
    for (const line of cookies.set(request.headers.cookie, 'seen', sealed, idleSeconds) ?? []) response.appendHeader('set-cookie', line);
  }
}
