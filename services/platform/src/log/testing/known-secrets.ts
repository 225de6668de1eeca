import { existsSync, readFileSync } from 'node:fs';
import type { KnownSecret } from './leaks.ts';

const NAMED = /(?:SECRETS?|PASSWORD|TOKEN)$/;
const FILE = /(?:KEY|TOKEN)_FILE$/;
const URL_PASSWORD = /:\/\/[^\s:/@]*:([^\s@/]+)@/g;
const PEM_LINE = /^[A-Za-z0-9+/=]{40,}$/;

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** A token, or the lines of a private key. */
function contents(file: string): string[] {
  if (!existsSync(file)) return [];
  const text = readFileSync(file, 'utf8').trim();
  return text.startsWith('-----BEGIN') ? text.split('\n').filter((line) => PEM_LINE.test(line)) : [text];
}

/** The secrets in an environment: what is named like one, the passwords of its URLs, and what the files have that it names. */
export function secretsOf(environment: Readonly<Record<string, string>>): KnownSecret[] {
  return Object.entries(environment).flatMap(([name, value]) => {
    const passwords = [...value.matchAll(URL_PASSWORD)].flatMap(([, password = '']) => [password, decoded(password)]);
    const named = NAMED.test(name) ? value.split(',') : [];
    const held = FILE.test(name) ? contents(value) : [];
    return [...new Set([...passwords, ...named, ...held])].map((secret) => ({ kind: `the secret of ${name}`, value: secret }));
  });
}
