const LENGTH_MAX = 2_000;
const BASE = 'http://return.invalid';
/** Printable ASCII without the backslash: browsers drop tabs and line breaks from an address and read a backslash as a slash: "/\evil.example" leaves the site. */
const PLAIN = /^[!-[\]-~]*$/;

/** Where a sign-in or sign-out may lead: a path of this site with its query, anything else is the root. Paths of sign-in itself would go round in circles. */
export function returnPath(text: string | null | undefined): string {
  if (text === null || text === undefined || text.length > LENGTH_MAX || !text.startsWith('/') || !PLAIN.test(text)) return '/';
  if (!URL.canParse(text, BASE)) return '/';
  const { origin, pathname, search, hash } = new URL(text, BASE);
  if (origin !== BASE || pathname.startsWith('//') || /^\/oauth2(\/|$)/i.test(pathname)) return '/';
  return pathname + search + hash;
}
