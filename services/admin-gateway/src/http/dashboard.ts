import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ErrorRequestHandler, Express, RequestHandler } from 'express';
import { filesOf } from './files.ts';
import { SECURITY_HEADERS } from './respond.ts';

/** Where the build put it in index.html (frontend/vite.config.ts). */
const NONCE_PLACE = '__CSP_NONCE__';
const NONCE_BYTES = 16;
const YEAR_SECONDS = 31_536_000;
/** What is the API's, a sign-in's or a machine's: there a path that is not known is a problem and not a page. */
const NOT_OF_THE_PAGE = /^\/(?:api|oauth2|docs|assets|\.well-known)(?:\/|$)|^\/[^/]+\.[a-z0-9]+$/i;

/** Its own scripts, styles with this answer's nonce, and calls to its own origin: nothing inline, nothing of others. The style attributes that React sets go by the DOM. */
const policy = (nonce: string): string =>
  [
    "default-src 'none'",
    `script-src 'self' 'nonce-${nonce}'`,
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');

const takesPage = (accept: string | undefined): boolean => accept !== undefined && /\btext\/html\b/.test(accept);

function readPage(folder: string): string {
  const page = readFileSync(join(folder, 'index.html'), 'utf8');
  if (!page.includes(NONCE_PLACE)) throw new Error(`${folder}/index.html has no place for the nonce: it was not built by this project`);
  return page;
}

/** What is wrong with a folder that was configured, for people. */
export function dashboardProblems(folder: unknown): string[] {
  if (typeof folder !== 'string') return [];
  try {
    readPage(folder);
    return [];
  } catch (error) {
    return [`DASHBOARD_DIR has no built dashboard: ${(error as Error).message}`];
  }
}

/**
 * The built dashboard of a folder, as it is now: its files as they were compressed at build time, and its page at / and for every address that is nobody else's and is asked
 * for by a browser going there. Needs no session: it has nothing of a ledger in it. Throws when the folder has no page.
 */
export function addDashboard(app: Express, folder: string): void {
  const page = readPage(folder);
  const files = filesOf(folder, {
    // Its file is a form of it without a nonce.
    except: '/index.html',
    cacheControl: (path) => (path.startsWith('/assets/') ? `public, max-age=${YEAR_SECONDS}, immutable` : 'no-cache'),
  });
  const sendPage: RequestHandler = (request, response, next) => {
    if (request.path !== '/' && (NOT_OF_THE_PAGE.test(request.path) || !takesPage(request.headers.accept))) return next();
    const nonce = randomBytes(NONCE_BYTES).toString('base64');
    const body = page.replaceAll(NONCE_PLACE, nonce);
    response.writeHead(200, {
      ...SECURITY_HEADERS,
      'content-type': 'text/html; charset=utf-8',
      'content-length': Buffer.byteLength(body),
      'content-security-policy': policy(nonce),
    });
    response.end(body);
  };
  app.get('/index.html', (_request, response) => void response.writeHead(308, { ...SECURITY_HEADERS, location: '/' }).end());
  app.use(files);
  app.get('/{*path}', sendPage);
  // Whoever goes to an address that is not percent-encoded is told so by the page.
  const sendPageOfNoAddress: ErrorRequestHandler = (error: unknown, request, response, next) => {
    if (error instanceof URIError && ['GET', 'HEAD'].includes(request.method)) return sendPage(request, response, () => next(error));
    next(error);
  };
  app.use(sendPageOfNoAddress);
}
