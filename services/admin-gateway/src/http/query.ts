import { isStorable } from './body.ts';
import { Problem } from './problem.ts';

const PARAMETERS_MAX = 32;

function decode(text: string, field: string): string {
  let value: string;
  try {
    value = decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw new Problem('invalid_request', { detail: 'The query is not percent-encoded UTF-8', field });
  }
  if (!isStorable(value)) throw new Problem('invalid_request', { detail: 'The text holds NUL or a lone surrogate', field });
  return value;
}

/** The query of an address; a parameter given twice is a mistake, never a list. A plus sign in a time zone must be written %2B (a bare one is a blank). */
export function parseQuery(url: string): Record<string, string> {
  const at = url.indexOf('?');
  const query: Record<string, string> = Object.create(null) as Record<string, string>;
  if (at < 0 || at === url.length - 1) return query;
  const parts = url.slice(at + 1).split('&');
  if (parts.length > PARAMETERS_MAX) throw new Problem('invalid_request', { detail: `More than ${PARAMETERS_MAX} query parameters` });
  for (const part of parts) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    const name = decode(equals < 0 ? part : part.slice(0, equals), 'query');
    if (name in query) throw new Problem('invalid_request', { detail: 'The parameter is given twice', field: name });
    query[name] = equals < 0 ? '' : decode(part.slice(equals + 1), name);
  }
  return query;
}
