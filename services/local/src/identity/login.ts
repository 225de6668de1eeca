import type { IncomingMessage, ServerResponse } from 'node:http';
import type Provider from 'oidc-provider';
import { htmlPage } from './page.ts';
import { authenticate } from './users.ts';

const BODY_BYTES_MAX = 4_096;

const loginPage = (uid: string, message: string): string =>
  htmlPage(
    'sign in',
    `${message === '' ? '' : `<p role="alert">${message}</p>`}
<form method="post" action="/interaction/${uid}"><label for="user">User</label><input id="user" name="user" autocomplete="username" required autofocus>
<label for="password">Password</label><input id="password" name="password" type="password" autocomplete="current-password" required><button>Sign in</button></form>`,
  );

async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) throw new Error('the form is too large');
    chunks.push(chunk);
  }
  return new URLSearchParams(Buffer.concat(chunks).toString('utf8'));
}

function show(response: ServerResponse, status: number, html: string): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  });
  response.end(html);
}

/** The login form of one interaction; a right password ends it. */
export async function handleLogin(provider: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { uid } = await provider.interactionDetails(request, response);
  if (request.method !== 'POST') return show(response, 200, loginPage(uid, ''));
  const form = await readForm(request);
  const user = authenticate(form.get('user') ?? '', form.get('password') ?? '');
  if (user === null) return show(response, 401, loginPage(uid, 'Wrong user or password.'));
  await provider.interactionFinished(request, response, { login: { accountId: user.name } }, { mergeWithLastSubmission: false });
}
