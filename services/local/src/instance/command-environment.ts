import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What commands of the builder need, as its service has it. */
const VARIABLES = ['READ_DATABASE_URL', 'WRITER_ADDRESSES', 'TLS_CA_FILE', 'TLS_CERT_FILE', 'TLS_KEY_FILE'];

/** What `npm run doctor` looks at, by the names that it knows. */
export const DOCTOR_FILE = 'doctor.env';

const quoted = (value: string): string => (value.includes("'") ? `"${value}"` : `'${value}'`);

/** Writes DATA-DIR/read-model-builder.env, for `node --env-file`: ports are others after each start. Holds a password: only its owner may read it. */
export async function writeCommandEnvironment(dataDir: string, environment: Readonly<Record<string, string>>): Promise<void> {
  const variables = Object.fromEntries(VARIABLES.map((name) => [name, environment[name] ?? '']));
  await writeEnvironment(join(dataDir, 'read-model-builder.env'), { ...variables, LOG_LEVEL: 'warn' });
}

/** Writes DATA-DIR/doctor.env in the same way. */
export async function writeDoctorEnvironment(dataDir: string, environment: Readonly<Record<string, string>>): Promise<void> {
  await writeEnvironment(join(dataDir, DOCTOR_FILE), environment);
}

async function writeEnvironment(file: string, variables: Readonly<Record<string, string>>): Promise<void> {
  const lines = Object.entries(variables).map(([name, value]) => `${name}=${quoted(value)}\n`);
  await writeFile(`${file}.new`, lines.join(''), { mode: 0o600 });
  await rename(`${file}.new`, file);
}
