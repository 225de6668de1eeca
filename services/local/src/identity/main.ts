import { commonVariables, loadConfig, optional, port, text, type ConfigDefinition } from '@ledgerflow/platform/config';
import { runService } from '@ledgerflow/platform/lifecycle';
import { createLogger } from '@ledgerflow/platform/log';
import { Type } from 'typebox';
import { startIdentityServer } from './server.ts';

const definition = {
  service: 'identity',
  schema: Type.Object({
    LOG_LEVEL: commonVariables.LOG_LEVEL,
    IDENTITY_HOST: text({ description: 'Address of the development identity provider; with the port its issuer', default: '127.0.0.1' }),
    IDENTITY_PORT: port({ description: 'Port of the development identity provider; 0 takes a free one', default: 0 }),
    IDENTITY_KEYS_FILE: text({ description: 'File of its signing keys, made on first use' }),
    IDENTITY_REDIRECT_URIS: optional(text({ description: 'Where a sign-in may return to, separated by commas' })),
    OIDC_AUDIENCE: text({ description: 'Audience of the tokens', default: 'ledgerflow' }),
  }),
} satisfies ConfigDefinition;

const config = loadConfig(definition);
const log = createLogger(definition.service, config.LOG_LEVEL);

await runService(log, async (parts) => {
  const server = await startIdentityServer({
    host: config.IDENTITY_HOST,
    port: config.IDENTITY_PORT,
    keysFile: config.IDENTITY_KEYS_FILE,
    audience: config.OIDC_AUDIENCE,
    redirectUris: (config.IDENTITY_REDIRECT_URIS ?? 'http://127.0.0.1:8080/oauth2/callback').split(','),
    log,
  });
  parts.add('identity provider', () => server.stop());
  return { ports: { http: server.port } };
});
