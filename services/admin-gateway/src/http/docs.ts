import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Express } from 'express';
import { SECURITY_HEADERS, sendText } from './respond.ts';

/** The page's own scripts and styles and nothing else. Swagger UI styles elements by script, which needs no 'unsafe-inline'. */
const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>LedgerFlow API</title>
    <link rel="icon" type="image/png" sizes="32x32" href="/docs/favicon-32x32.png" />
    <link rel="stylesheet" href="/docs/swagger-ui.css" />
    <link rel="stylesheet" href="/docs/contrast.css" />
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`;

const START = `const accessible = ({ React }) => ({
  wrapComponents: {
    // A link inside of the button that opens an operation; addresses of operations go on working.
    DeepLink: (Original) => (props) => React.createElement(Original, { ...props, enabled: false }),
    // A select without a label, of this one server.
    ServersContainer: () => () => null,
  },
});
window.ui = SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  validatorUrl: null,
  persistAuthorization: false,
  plugins: [accessible],
  // For those who are signed in: see session/csrf.ts.
  requestInterceptor: (request) => { request.headers['X-LedgerFlow-CSRF'] = '1'; return request; },
});
`;

/** Swagger UI's own colours for small text are too faint for many (WCAG 2.1, 1.4.3: 4.5 to 1). */
const CONTRAST = `.swagger-ui .info .title small { background: #545b66; }
.swagger-ui .info .title small.version-stamp { background: #3f6212; }
.swagger-ui .info a, .swagger-ui .info .link .url, .swagger-ui a.link { color: #1d5bb0; }
.swagger-ui .btn.authorize { border-color: #0f6e45; color: #0f6e45; }
.swagger-ui .btn.authorize svg { fill: #0f6e45; }
.swagger-ui .opblock.opblock-get .opblock-summary-method { background: #1d5bb0; }
.swagger-ui .opblock.opblock-post .opblock-summary-method { background: #0f6e45; }
.swagger-ui .opblock.opblock-patch .opblock-summary-method { background: #0b6b64; }
.swagger-ui .opblock.opblock-put .opblock-summary-method { background: #8a4b08; }
.swagger-ui .opblock.opblock-delete .opblock-summary-method { background: #b42318; }
`;

const TYPES: Readonly<Record<string, string>> = { css: 'text/css; charset=utf-8', js: 'text/javascript; charset=utf-8', png: 'image/png' };
/** The only files of Swagger UI that the page asks for. */
const ASSETS = ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'];
const HEADERS = { 'content-security-policy': CSP };

/** The description of the API for people: Swagger UI, all of it from here. */
export function addDocs(app: Express): void {
  const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  app.get('/docs', (_request, response) => sendText(response, 200, 'text/html; charset=utf-8', PAGE, HEADERS));
  app.get('/docs/', (_request, response) => {
    response.writeHead(308, { ...SECURITY_HEADERS, location: '/docs' }).end();
  });
  app.get('/docs/start.js', (_request, response) => sendText(response, 200, TYPES['js'] as string, START, HEADERS));
  app.get('/docs/contrast.css', (_request, response) => sendText(response, 200, TYPES['css'] as string, CONTRAST, HEADERS));
  for (const name of ASSETS) {
    let content: Buffer | null = null;
    const type = TYPES[name.slice(name.lastIndexOf('.') + 1)] as string;
    app.get(`/docs/${name}`, (_request, response) => {
      content ??= readFileSync(join(folder, name));
      sendText(response, 200, type, content, { ...HEADERS, 'cache-control': 'public, max-age=3600' });
    });
  }
}
