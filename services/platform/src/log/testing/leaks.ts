/** A secret whose value the test knows. */
export interface KnownSecret {
  /** What it is, as a failure says it. */
  kind: string;
  value: string;
}

export interface Leak {
  /** From 1. */
  line: number;
  kind: string;
}

/** Below it a value is found in other words. */
const KNOWN_CHARACTERS_MIN = 8;

/** "Basic realm" is none: what follows has to be user:password. */
const isUserAndPassword = (encoded: string): boolean => /^[\x20-\x7e]+:[\x20-\x7e]*$/.test(Buffer.from(encoded, 'base64').toString());

interface Kind {
  kind: string;
  pattern: RegExp;
  /** Whether what was found is one; `value` is the first group. */
  isOne?: (value: string) => boolean;
}

/** Written apart from what takes secrets out of logs (../secrets.ts), so that a mistake there is not made here too. */
const KINDS: readonly Kind[] = [
  { kind: 'a JSON Web Token', pattern: /eyJ[\w-]+\.eyJ[\w-]+\.[\w-]*/g },
  { kind: 'an encrypted JSON Web Token', pattern: /eyJ[\w-]+\.[\w-]*\.[\w-]+\.[\w-]+\.[\w-]+/g },
  { kind: 'a bearer token', pattern: /\bbearer\s+([\w.~+/-]{16,})/gi },
  { kind: 'Basic credentials', pattern: /\bbasic\s+([\w+/-]{6,}={0,2})/gi, isOne: isUserAndPassword },
  {
    kind: 'a header with credentials',
    pattern: /"(?:authorization|(?:set-)?cookie|x-forwarded-access-token)\\?":\s*\[?\\?"([^"\\]+)/gi,
    isOne: isShown,
  },
  { kind: 'a cookie', pattern: /\bledgerflow_(?:session|seen|sign_in|oauth2)\w*=([^;,\s"\\]{4,})/g, isOne: isShown },
  { kind: 'a password in a URL', pattern: /\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@"'\\]*:([^\s:/@"'\\]+)@/gi, isOne: isShown },
  { kind: 'a private key', pattern: /-----BEGIN [A-Z ]*PRIVATE KEY-----/g },
  {
    kind: 'a named secret',
    pattern:
      /(?:client_secret|client_assertion|code_verifier|(?:access|refresh|id)_?token|password|token_?secret|session_?secrets?)\\*"?\s*[=:]\s*\\*"([^"\\]+)/gi,
    isOne: isShown,
  },
  {
    kind: 'a secret parameter',
    pattern: /(?:client_secret|code_verifier|(?:access|refresh|id)_token|password)=([^\s&"'\\]+)/gi,
    isOne: isShown,
  },
];

function isShown(value: string): boolean {
  return value !== '[redacted]' && value !== '***';
}

function lineOf(text: string, index: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at >= 0 && at < index; at = text.indexOf('\n', at + 1)) line += 1;
  return line;
}

/** Where a log has a secret, in its order: one of those known, or anything of the shape of one. Never the secret itself. */
export function findLeaks(text: string, known: readonly KnownSecret[] = []): Leak[] {
  const found: (Leak & { index: number })[] = [];
  const add = (kind: string, index: number): void => void found.push({ kind, index, line: lineOf(text, index) });
  for (const { kind, pattern, isOne = () => true } of KINDS)
    for (const match of text.matchAll(pattern)) if (isOne(match[1] ?? '')) add(kind, match.index);
  for (const { kind, value } of known)
    if (value.length >= KNOWN_CHARACTERS_MIN)
      for (let at = text.indexOf(value); at >= 0; at = text.indexOf(value, at + value.length)) add(kind, at);
  return found.sort((a, b) => a.index - b.index).map(({ line, kind }) => ({ line, kind }));
}
