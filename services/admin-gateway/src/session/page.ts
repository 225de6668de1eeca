import type { IncomingMessage, ServerResponse } from 'node:http';
import { knownProblem, SECURITY_HEADER_LIST, sendProblem } from '../http/respond.ts';
import { Problem } from '../http/problem.ts';

/** A person's browser, which wants a page; a program wants JSON. */
export const wantsPage = ({ headers: { accept = '' } }: IncomingMessage): boolean => /text\/html/i.test(accept);

const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

const page = (title: string, detail: string): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>LedgerFlow: ${escape(title)}</title></head>
<body><main><h1>${escape(title)}</h1><p>${escape(detail)}</p><p><a href="/oauth2/start">Sign in</a></p></main></body></html>
`;

export function redirect(response: ServerResponse, location: string): void {
  response.writeHead(303, [...SECURITY_HEADER_LIST, 'location', location, 'content-length', '0']).end();
}

/** A refusal as the caller can read it. */
export function sendRefusal(request: IncomingMessage, response: ServerResponse, error: unknown, requestId: string): Problem {
  const problem = knownProblem(error) ?? new Problem('internal');
  if (!wantsPage(request)) {
    sendProblem(response, problem, requestId);
    return problem;
  }
  if (response.headersSent || response.destroyed) return problem;
  const html = page('Sign-in', problem.message);
  const headers = ['content-type', 'text/html; charset=utf-8', 'content-length', String(Buffer.byteLength(html))];
  response.writeHead(problem.status, [...SECURITY_HEADER_LIST, ...headers]).end(html);
  return problem;
}
