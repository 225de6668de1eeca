import type { Command } from 'commander';
import { CommandError } from '../exit-codes.ts';
import { keyValue } from '../options.ts';
import type { Act } from '../session.ts';

const DEVICE_CLIENT_ID = 'ledgerflow-cli';

interface LoginOptions {
  clientId?: string;
  parameter?: Record<string, string>;
  scope: string;
}

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
          ? await signInMachine({ issuer, clientId: clientId ?? '', clientSecret, parameters: parameter })
          : await signInPerson({ issuer, clientId: clientId ?? DEVICE_CLIENT_ID, scope, tell, signal });
        await store.set(url, signIn);
        const me = await session.api.getMe({}, { signal });
        await output.one({ url, ...me });
      }),
    );
  program
    .command('logout')
    .description('forget the sign-in, and tell the identity provider')
    .action(
      act<[], object>(async (session) => {
        const { url, store, output } = session;
        const signIn = await store.get(url);
        const wasSignedIn = await store.remove(url);
        if (signIn !== null) {
          const { revoke } = await import('../sign-in/provider.ts');
          await revoke(signIn).catch((error: Error) => session.tell(`the identity provider was not told: ${error.message}`));
        }
        await output.one({ url, wasSignedIn });
      }),
    );
  program
    .command('status')
    .description('who you are, and whether the services are ready')
    .action(
      act<[], object>(async (session) => {
        const { api, url, output, signal } = session;
        const { id, roles, ledgers, expiresAt } = await api.getMe({}, { signal });
        const { ready, services } = await api.getHealth({}, { signal });
        if (output.isJson) await output.line({ url, id, roles, ledgers, expiresAt, ready, services });
        else {
          await output.one({ url, user: id, roles: roles.join(' '), ledgers: ledgers.join(' '), 'token until': expiresAt });
          await output.many(
            [
              { title: 'SERVICE', of: ({ name }) => name },
              { title: 'VERSION', of: ({ version }) => version },
              { title: 'READY', of: (service) => (service.ready ? 'yes' : 'no') },
              { title: 'ERROR', of: ({ error }) => error },
            ],
            services,
          );
        }
        if (!ready) throw new CommandError('unavailable', 'not all services are ready');
      }),
    );
}
