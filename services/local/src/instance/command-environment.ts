import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What commands of the builder need, as its service has it. */
const VARIABLES = ['READ_DATABASE_URL', 'WRITER_ADDRESSES', 'TLS_CA_FILE', 'TLS_CERT_FILE', 'TLS_KEY_FILE'];

const quoted = (value: string): string => (value.includes("'") ? `"${value}"` : `'${value}'`);

/** Writes DATA-DIR/read-model-builder.env, for `node --env-file`: ports are others after each start. Holds a password: only its owner may read it. */
export async function writeCommandEnvironment(dataDir: string, environment: Readonly<Record<string, string>>): Promise<void> {
  const file = join(dataDir, 'read-model-builder.env');
  const lines = VARIABLES.map((name) => `${name}=${quoted(environment[name] ?? '')}\n`);
  await writeFile(`${file}.new`, `${lines.join('')}LOG_LEVEL=warn\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
}
