const LENGTH_MAX = 2_000;
const BASE = 'http://return.invalid';
/** Browsers drop tabs and line breaks from an address and read a backslash as a slash: "/\evil.example" leaves the site. */
const TREACHEROUS = /[\\\u0000-\u0020\u007f-\uffff]/;

/** Where a sign-in or sign-out may lead: a path of this site with its query, anything else is the root. Paths of sign-in itself would go round in circles. */
export function returnPath(text: string | null | undefined): string {
  if (text == null || text.length > LENGTH_MAX || !text.startsWith('/') || TREACHEROUS.test(text)) return '/';
  if (!URL.canParse(text, BASE)) return '/';
  const { origin, pathname, search, hash } = new URL(text, BASE);
  if (origin !== BASE || pathname.startsWith('//') || /^\/oauth2(\/|$)/i.test(pathname)) return '/';
  return pathname + search + hash;
}
