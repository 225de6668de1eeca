/** `npm run -s token -- ROLE [LEDGER…]`: prints a bearer token of that role from the running stack, and nothing else. */
import { loadConfig, text } from '@ledgerflow/platform/config';
import { parseArgs } from 'node:util';
import { Type } from 'typebox';
import { requestAccessToken } from './access/index.ts';
import { isRole, ROLES } from './identity/users.ts';
import { UserError } from './instance/user-error.ts';
import { EXIT_USAGE } from './options.ts';

const USAGE = `npm run -s token -- ROLE [LEDGER…] [--subject NAME] [--ttl SECONDS]; roles: ${ROLES.join(', ')}`;

const HELP = `${USAGE}

Prints a bearer token of the LedgerFlow that npm start runs, at LEDGERFLOW_URL if it is not http://127.0.0.1:8080.
Without a LEDGER the token grants every ledger.
`;

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: { subject: { type: 'string' }, ttl: { type: 'string' }, help: { type: 'boolean', default: false } },
    });
  } catch (error) {
    throw new UserError(`${(error as Error).message.split('.')[0]}; ${USAGE}`, EXIT_USAGE);
  }
}

async function main(): Promise<void> {
  const { values, positionals } = parse(process.argv.slice(2));
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const [role, ...ledgers] = positionals;
  if (role === undefined || !isRole(role))
    throw new UserError(role === undefined ? `which role? ${USAGE}` : `unknown role ${role}; ${USAGE}`, EXIT_USAGE);
  const ttlSeconds = values.ttl === undefined ? undefined : Number(values.ttl);
  if (ttlSeconds !== undefined && !(Number.isInteger(ttlSeconds) && ttlSeconds > 0))
    throw new UserError(`--ttl ${values.ttl} is not a number of seconds`, EXIT_USAGE);
  const config = loadConfig({
    service: 'token',
    schema: Type.Object({ LEDGERFLOW_URL: text({ description: 'Address of the running LedgerFlow', default: 'http://127.0.0.1:8080' }) }),
  });
  const token = await requestAccessToken(config.LEDGERFLOW_URL, { roles: [role], ledgers, subject: values.subject, ttlSeconds });
  process.stdout.write(`${token}\n`);
}

await main().catch((error: unknown) => {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = error instanceof UserError ? error.exitCode : 1;
});
