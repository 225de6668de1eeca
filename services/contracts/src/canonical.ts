import { hash } from 'node:crypto';
import type { Details } from './record.ts';

/** JSON with object keys sorted by UTF-16 code units and no blanks (the shape of RFC 8785; callers pass parsed JSON only). */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const object = value as Record<string, unknown>;
  const members = Object.keys(object)
    .filter((key) => object[key] !== undefined)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(object[key])}`);
  return `{${members.join(',')}}`;
}

/** SHA-256(salt ∥ canonical JSON), 64 hex digits: what a record keeps of its details. */
export function detailsHash(saltHex: string, body: Details): string {
  return hash('sha256', Buffer.concat([Buffer.from(saltHex, 'hex'), Buffer.from(canonicalJson(body))]), 'hex');
}
