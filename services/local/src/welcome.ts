import { USERS } from './identity/users.ts';
import type { StartOptions } from './options.ts';

export interface WelcomeFacts {
  options: StartOptions;
  apiUrl: string;
  /** Title of a service → port of its operations server, on this machine only. */
  metricsPorts: Readonly<Record<string, number>>;
  dataDir: string;
  startSeconds: string;
  hasDemo: boolean;
}

const DEFAULT_URL = 'http://127.0.0.1:8080';

function firstCall({ apiUrl, hasDemo }: WelcomeFacts): string {
  const prefix = apiUrl === DEFAULT_URL ? '' : `LEDGERFLOW_URL=${apiUrl} `;
  const [path, role, body] = hasDemo
    ? ['ledgers/demo/transfers', 'operator', '{"from":"alice","to":"bob","amount":"12.34","currency":"USD"}']
    : ['ledgers', 'admin', '{"id":"first","currencies":["USD"]}'];
  return [
    `  curl -sS ${apiUrl}/api/v1/${path} \\`,
    `    -H "Authorization: Bearer $(${prefix}npm run -s token -- ${role})" \\`,
    `    -H "Idempotency-Key: try-$(date +%s)" -H 'Content-Type: application/json' \\`,
    `    -d '${body}'`,
  ].join('\n');
}

/** What a person needs to know when everything runs. */
export function welcome(facts: WelcomeFacts): string {
  const { options, apiUrl, metricsPorts, dataDir } = facts;
  const isLocal = ['127.0.0.1', 'localhost', '::1'].includes(options.host);
  const users = USERS.map(({ name, password, role }) => `  ${name.padEnd(9)} ${password.padEnd(18)} ${role}`);
  return [
    '',
    `LedgerFlow is ready after ${facts.startSeconds} s: ${apiUrl} (API description: ${apiUrl}/docs)`,
    ...(isLocal ? [] : [`WARNING: ${options.host} may be reached from other machines, and the users below are known to all.`]),
    '',
    `Users for development; sign in with a browser: ${apiUrl}`,
    `  ${'user'.padEnd(9)} ${'password'.padEnd(18)} role`,
    ...users,
    'A token for the API: npm run -s token -- ROLE [LEDGER…]',
    '',
    facts.hasDemo ? 'A first transfer (in this folder, in another terminal):' : 'A first ledger (in this folder, in another terminal):',
    firstCall(facts),
    '',
    options.ephemeral ? 'Nothing is kept: all data are deleted at the end (--ephemeral).' : `Data: ${dataDir}   Logs: ${dataDir}/logs`,
    ...Object.entries(metricsPorts).map(([title, port]) => `Metrics of the ${title}: http://127.0.0.1:${port}/metrics`),
    'Ctrl-C stops it.',
    '',
  ].join('\n');
}
