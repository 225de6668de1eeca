import type { Health } from '@ledgerflow/platform/health';
import type { Express, Request, Response } from 'express';
import { addDocs } from './docs.ts';
import { SECURITY_HEADERS, sendText } from './respond.ts';

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

/** What lies outside /api/v1 and needs no token. Metrics are on the operations server only. */
export function addOutside(app: Express, { openApi, health, version, issuer, publicUrl, hasDashboard }: OutsideOptions): void {
  const json = (response: Response, status: number, body: unknown): void =>
    sendText(response, status, 'application/json', JSON.stringify(body));
  const document = JSON.stringify(openApi);
  const service = 'admin-gateway';
  app.get('/healthz', (_request, response) => json(response, 200, { service, version, status: 'ok' }));
  app.get('/readyz', (_request, response) => {
    // Reasons name hosts inside: they are told on the operations server, and to administrators.
    const checks = health.checks().map(({ name, ok }) => ({ name, ok }));
    const { ready } = health;
    json(response, ready ? 200 : 503, { service, version, status: ready ? 'ready' : 'not ready', checks });
  });
  app.get('/openapi.json', (_request, response) => sendText(response, 200, 'application/json', document));
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
