import { type DataOf, LedgerFlowProblem } from '@ledgerflow/client';
import type { Command } from 'commander';
import { CommandError } from '../exit-codes.ts';
import { keyValue } from '../options.ts';
import type { Column } from '../output/output.ts';
import type { Act, Session } from '../session.ts';
import { tokenOf } from '../sign-in/token.ts';

const DEVICE_CLIENT_ID = 'ledgerflow-cli';

interface LoginOptions {
  clientId?: string;
  parameter?: Record<string, string>;
  scope: string;
}

type Health = DataOf<'getHealth'>;

const SERVICES: readonly Column<Health['services'][number]>[] = [
  { title: 'SERVICE', of: ({ name }) => name },
  { title: 'VERSION', of: ({ version }) => version },
  { title: 'READY', of: ({ ready }) => (ready ? 'yes' : 'no') },
  { title: 'ERROR', of: ({ error }) => error },
];

/** Health is for admins; to others it is null, which is no error. */
async function healthOf({ api, signal }: Session): Promise<{ health: Health | null; error: unknown }> {
  try {
    return { health: await api.getHealth({}, { signal }), error: null };
  } catch (error) {
    const isHidden = error instanceof LedgerFlowProblem && error.code === 'forbidden';
    return { health: null, error: isHidden ? null : error };
  }
}

/** Who somebody is, in words. */
const personOf = (url: string, { id, roles, ledgers, expiresAt }: DataOf<'getMe'>): object => ({
  url,
  user: id,
  roles: roles.join(' '),
  ledgers: ledgers.join(' '),
  'token until': expiresAt,
});

export function signInCommands(program: Command, act: Act): void {
  program
    .command('login')
    .description('sign in: at a browser, or as a machine with --client-id and LEDGERFLOW_CLIENT_SECRET')
    .option('--client-id <id>', `the client at the identity provider (default at a browser: ${DEVICE_CLIENT_ID})`)
    .option('--parameter <name=value>', "of a machine's token request, as roles=operator; may be repeated", keyValue)
    .option('--scope <scope>', 'of a sign-in at a browser', 'openid')
    .action(
      act<[], LoginOptions>(async (session, _args, { clientId, parameter = {}, scope }) => {
        const { url, signal, store, environment, output } = session;
        const { issuerOf, signInMachine, signInPerson } = await import('../sign-in/provider.ts');
        const clientSecret = environment['LEDGERFLOW_CLIENT_SECRET'];
        const issuer = await issuerOf(url, signal);
        const isMachine = clientSecret !== undefined && clientSecret !== '';
        if (isMachine && clientId === undefined) throw new CommandError('usage', 'LEDGERFLOW_CLIENT_SECRET needs --client-id');
        const tell = (address: string, code: string): void => session.tell(`Open ${address}\nand compare the code: ${code}`);
        const signIn = isMachine
          ? await signInMachine({ issuer, clientId: clientId ?? '', clientSecret, parameters: parameter }, signal)
          : await signInPerson({ issuer, clientId: clientId ?? DEVICE_CLIENT_ID, scope, tell, signal });
        await store.set(url, signIn, signal);
        const me = await session.apiWith(signIn.accessToken).getMe({}, { signal });
        if (tokenOf(environment) !== null) session.tell('LEDGERFLOW_TOKEN is set: other commands use that token, not this sign-in');
        await output.one(output.isJson ? { url, ...me } : personOf(url, me));
      }),
    );
  program
    .command('logout')
    .description('forget the sign-in, and tell the identity provider')
    .action(
      act<[], object>(async (session) => {
        const { url, store, output, signal } = session;
        const signIn = await store.remove(url, signal);
        if (signIn !== null) {
          const { revoke } = await import('../sign-in/provider.ts');
          await revoke(signIn, signal).catch((error: Error) => session.tell(`the identity provider was not told: ${error.message}`));
        }
        await output.one({ url, wasSignedIn: signIn !== null });
      }),
    );
  program
    .command('status')
    .description('who you are, and whether the services are ready')
    .action(
      act<[], object>(async (session) => {
        const { api, url, output, signal } = session;
        const me = await api.getMe({}, { signal });
        if (!output.isJson) await output.one(personOf(url, me));
        const { health, error } = await healthOf(session);
        if (output.isJson) await output.line({ url, ...me, ready: health?.ready ?? null, services: health?.services ?? null });
        else if (health !== null) await output.many(SERVICES, health.services);
        if (error !== null) throw error;
        if (health === null) output.note('the services are shown to admins');
        else if (!health.ready) throw new CommandError('unavailable', 'not all services are ready');
      }),
    );
}
