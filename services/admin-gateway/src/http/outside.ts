import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Health } from '@ledgerflow/platform/health';
import type { Express, Request, Response } from 'express';
import { SECURITY_HEADERS } from './respond.ts';

export interface OutsideOptions {
  openApi: Record<string, unknown>;
  health: Health;
  version: string;
  issuer: string;
  /** This API as clients know it; default: what the request names. */
  publicUrl: string | undefined;
  /** Whether there is one at `/`; else that leads to the API's description. */
  hasDashboard: boolean;
}

/** The page's own scripts and styles and nothing else. Swagger UI styles elements by script, which needs no 'unsafe-inline'. */
const DOCS_CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>LedgerFlow API</title>
    <link rel="stylesheet" href="/docs/swagger-ui.css" />
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`;
const START =
  "window.ui = SwaggerUIBundle({ url: '/openapi.json', dom_id: '#swagger-ui', deepLinking: true, validatorUrl: null, persistAuthorization: false, " +
  // For those who are signed in: see session/csrf.ts.
  "requestInterceptor: (request) => { request.headers['X-LedgerFlow-CSRF'] = '1'; return request; } });\n";

const TYPES: Readonly<Record<string, string>> = { css: 'text/css; charset=utf-8', js: 'text/javascript; charset=utf-8', png: 'image/png' };
/** The only files of Swagger UI that the page asks for. */
const ASSETS = ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'];

function send(response: Response, status: number, type: string, body: string | Buffer, headers: Record<string, string> = {}): void {
  response.writeHead(status, { ...SECURITY_HEADERS, 'content-type': type, 'content-length': Buffer.byteLength(body), ...headers });
  response.end(body);
}

function addDocs(app: Express): void {
  const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  const docs = { 'content-security-policy': DOCS_CSP };
  app.get('/docs', (_request, response) => send(response, 200, 'text/html; charset=utf-8', PAGE, docs));
  app.get('/docs/', (_request, response) => {
    response.writeHead(308, { ...SECURITY_HEADERS, location: '/docs' }).end();
  });
  app.get('/docs/start.js', (_request, response) => send(response, 200, TYPES['js'] as string, START, docs));
  for (const name of ASSETS) {
    let content: Buffer | null = null;
    const type = TYPES[name.slice(name.lastIndexOf('.') + 1)] as string;
    app.get(`/docs/${name}`, (_request, response) => {
      content ??= readFileSync(join(folder, name));
      send(response, 200, type, content, { ...docs, 'cache-control': 'public, max-age=3600' });
    });
  }
}

/** What lies outside /api/v1 and needs no token. Metrics are on the operations server only. */
export function addOutside(app: Express, { openApi, health, version, issuer, publicUrl, hasDashboard }: OutsideOptions): void {
  const json = (response: Response, status: number, body: unknown): void =>
    send(response, status, 'application/json', JSON.stringify(body));
  const document = JSON.stringify(openApi);
  const service = 'admin-gateway';
  app.get('/healthz', (_request, response) => json(response, 200, { service, version, status: 'ok' }));
  app.get('/readyz', (_request, response) => {
    // Reasons name hosts inside: they are told on the operations server, and to administrators.
    const checks = health.checks().map(({ name, ok }) => ({ name, ok }));
    const { ready } = health;
    json(response, ready ? 200 : 503, { service, version, status: ready ? 'ready' : 'not ready', checks });
  });
  app.get('/openapi.json', (_request, response) => send(response, 200, 'application/json', document));
  // RFC 9728: how a client finds out who issues the tokens of this API.
  app.get('/.well-known/oauth-protected-resource', (request: Request, response) => {
    json(response, 200, {
      resource: publicUrl ?? `http://${request.headers.host ?? 'localhost'}`,
      authorization_servers: [issuer],
      bearer_methods_supported: ['header'],
    });
  });
  addDocs(app);
  if (hasDashboard) return;
  // Where a sign-in or sign-out ends that was asked for no place.
  app.get('/', (_request, response) => {
    response.writeHead(302, { ...SECURITY_HEADERS, location: '/docs' }).end();
  });
}
