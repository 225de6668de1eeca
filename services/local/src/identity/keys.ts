import { exportJWK, generateKeyPair } from 'jose';
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';

/** What the provider signs with: kept, so that tokens and logins outlive a restart. */
export interface IdentityKeys {
  jwks: { keys: Record<string, unknown>[] };
  cookieKeys: string[];
}

const ALGORITHMS = ['ES256', 'RS256'] as const;

async function generate(): Promise<IdentityKeys> {
  const keys: Record<string, unknown>[] = [];
  for (const alg of ALGORITHMS) {
    const { privateKey } = await generateKeyPair(alg, { extractable: true });
    keys.push({ ...(await exportJWK(privateKey)), alg, use: 'sig', kid: randomBytes(8).toString('hex') });
  }
  return { jwks: { keys }, cookieKeys: [randomBytes(32).toString('base64url')] };
}

/** The keys in this file (mode 0600), made on first use. */
export async function loadKeys(file: string): Promise<IdentityKeys> {
  const existing = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return null;
  });
  if (existing !== null) return JSON.parse(existing) as IdentityKeys;
  const keys = await generate();
  await writeFile(file, JSON.stringify(keys), { mode: 0o600 });
  return keys;
}
