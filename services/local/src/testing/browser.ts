import { CookieJar } from 'tough-cookie';

export interface Visit {
  response: Response;
  text: string;
  /** Where it ended. */
  url: string;
  /** All addresses on the way, in order. */
  way: string[];
}

export interface VisitOptions {
  form?: Record<string, string>;
  headers?: Record<string, string>;
  /** A redirect to an address that begins so is not followed. */
  stopAt?: string;
}

const REDIRECTS_MAX = 12;

/** A browser's part in a sign-in: keeps cookies by their rules, follows redirects, fills in forms. */
export class Browser {
  jar = new CookieJar();

  /** One request with the cookies of its address; nothing is followed. */
  async fetch(url: string, init: Omit<RequestInit, 'headers'> & { headers?: Record<string, string> } = {}): Promise<Response> {
    const cookie = await this.jar.getCookieString(url);
    const response = await fetch(url, { ...init, redirect: 'manual', headers: { ...(cookie === '' ? {} : { cookie }), ...init.headers } });
    for (const line of response.headers.getSetCookie()) await this.jar.setCookie(line, url);
    return response;
  }

  /** Opens an address as a person does. */
  async visit(url: string, { form, headers, stopAt }: VisitOptions = {}): Promise<Visit> {
    const way: string[] = [];
    let target = url;
    let body = form === undefined ? undefined : new URLSearchParams(form);
    for (let hop = 0; hop < REDIRECTS_MAX; hop++) {
      way.push(target);
      const response = await this.fetch(target, {
        headers: { accept: 'text/html,*/*', ...headers },
        ...(body === undefined ? {} : { method: 'POST', body }),
      });
      const text = await response.text();
      const location = response.headers.get('location');
      const next = location === null ? null : new URL(location, target).href;
      if (next === null || (stopAt !== undefined && next.startsWith(stopAt))) return { response, text, url: next ?? target, way };
      target = next;
      body = undefined;
    }
    throw new Error(`more than ${REDIRECTS_MAX} redirects: ${way.join(' ')}`);
  }

  /** Opens an address that leads to the form of the development identity provider, and signs in there. */
  async signIn(url: string, user: string, options: VisitOptions = {}): Promise<Visit> {
    const login = await this.visit(url, options);
    if (!login.text.includes('type="password"')) throw new Error(`no sign-in at ${login.url}: ${login.response.status} ${login.text}`);
    return this.visit(login.url, { ...options, form: { user, password: `${user}-password` } });
  }

  /** Says yes on the provider's page for signing out. */
  async confirmSignOut(page: Visit, options: VisitOptions = {}): Promise<Visit> {
    const [, action] = /action="([^"]+)"/.exec(page.text) ?? [];
    const [, xsrf] = /name="xsrf" value="([^"]+)"/.exec(page.text) ?? [];
    if (action === undefined || xsrf === undefined) throw new Error(`no sign-out at ${page.url}: ${page.text}`);
    return this.visit(new URL(action, page.url).href, { ...options, form: { xsrf, logout: 'yes' } });
  }

  async cookies(url: string): Promise<Map<string, string>> {
    return new Map((await this.jar.getCookies(url)).map(({ key, value }) => [key, value]));
  }
}
