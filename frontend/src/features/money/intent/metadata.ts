import { readExact } from '../../../ui/json/exact.ts';

/** A JSON object; null for anything else, and for numbers of more digits than a JavaScript number keeps: they would be changed on the way. */
export function readMetadata(text: string): Record<string, unknown> | null {
  const read = readExact(text);
  if (read === null || !read.isExact || typeof read.value !== 'object' || read.value === null || Array.isArray(read.value)) return null;
  return read.value as Record<string, unknown>;
}
