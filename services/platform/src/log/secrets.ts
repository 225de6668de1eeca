/** Members whose values are never written, wherever they appear at the top or two levels down; written as HTTP, OAuth or we write them. */
const SECRET_FIELDS = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
  'x-forwarded-access-token',
  'x-auth-request-access-token',
  'password',
  'passwords',
  'secret',
  'secrets',
  'token',
  'tokens',
  'accesstoken',
  'refreshtoken',
  'idtoken',
  'clientsecret',
  'tokensecret',
  'sessionsecrets',
  'codeverifier',
  'privatekey',
  'connectionstring',
  'databaseurl',
  'idempotencykey',
  'idempotency-key',
]);
const SECRET_DEPTH_MAX = 2;

/** Of each name met, because the same few dozen come again with every line. */
const KNOWN_MAX = 1_000;
const known = new Map<string, boolean>();

function isSecret(name: string): boolean {
  let found = known.get(name);
  if (found !== undefined) return found;
  const lower = name.toLowerCase();
  found = SECRET_FIELDS.has(lower) || SECRET_FIELDS.has(lower.replaceAll('_', ''));
  if (known.size < KNOWN_MAX) known.set(name, found);
  return found;
}

/**
 * The object without its secrets; itself when it has none. Own code because pino's redaction, which must look for each name at each level, took 27 µs of a line's
 * 32 where this takes less than one.
 */
export function withoutSecrets(value: Record<string, unknown>, depth = 0): Record<string, unknown> {
  let copy: Record<string, unknown> | null = null;
  for (const key of Object.keys(value)) {
    const member = value[key];
    let clean = member;
    if (isSecret(key)) clean = '[redacted]';
    else if (typeof member === 'object' && member !== null && depth < SECRET_DEPTH_MAX && !(member instanceof Error))
      clean = withoutSecrets(member as Record<string, unknown>, depth + 1);
    if (clean !== member)
      (copy ??= Array.isArray(value) ? ([...(value as unknown[])] as unknown as Record<string, unknown>) : { ...value })[key] = clean;
  }
  return copy ?? value;
}

/** A password is all up to the last @ of its word: one may have an @ or a / that should have been escaped. A port is none. */
const IN_URL = /(:\/\/[^\s:/@"'\\]*:)(?!\d{1,5}(?:[/?#\s"'\\,]|$))[^\s"'\\]+@/g;
/** A token in parts (RFC 7515, 7516), with or without a signature. */
const JWT = /\beyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)*/g;
const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----[^"]*?(?:-----END [A-Z ]*PRIVATE KEY-----|(?=")|$)/g;
/** Followed by a word that is more than small letters. */
const SCHEME = /\b([Bb]earer|BEARER|[Bb]asic|BASIC) +(?=[\w.~+/-]*[\dA-Z=])[\w.~+/-]{8,}=*/g;
/** A header, as text. */
const COOKIE = /\b((?:set-)?cookie: *)[^"\r\n\\]+/gi;
const NAMES = '(?:access|refresh|id)_token|client_secret|client_assertion|code_verifier|id_token_hint|passw(?:or)?d|secret|token';
/** As in a query or a form. A short state is no random one. */
const PARAMETER = new RegExp(`(\\b(?:${NAMES})=|[?&]code=|[?&]state=(?=[^&\\s"'\\\\]{16}))[^&\\s"'\\\\]+`, 'gi');
/** As in JSON, which may be text inside JSON. */
const MEMBER = new RegExp(`((?:${NAMES})\\\\*" *: *\\\\*")[^"\\\\]+`, 'gi');

/**
 * Takes secrets out of any text, such as an error message of a driver or a line of the log: passwords in URLs, tokens, Authorization and cookie headers, private keys,
 * parameters and members that are named like a secret. What it can not know is a secret that looks like any other word. JSON stays JSON. A line without
 * secrets costs one to two microseconds, because most patterns are only tried where their text is.
 */
export function withoutCredentials(text: string): string {
  let clean = text;
  if (clean.includes('://')) clean = clean.replace(IN_URL, '$1***@');
  if (clean.includes('eyJ')) clean = clean.replace(JWT, '***');
  if (clean.includes('PRIVATE KEY')) clean = clean.replace(PRIVATE_KEY, '***');
  if (/asic |earer |ASIC |EARER /.test(clean)) clean = clean.replace(SCHEME, '$1 ***');
  if (/ookie: ?/i.test(clean)) clean = clean.replace(COOKIE, '$1***');
  if (clean.includes('=')) clean = clean.replace(PARAMETER, '$1***');
  return clean.replace(MEMBER, '$1***');
}
