import { readExact } from '../../../ui/json/exact.ts';
import { strings } from '../strings.ts';

const { faults } = strings;

/** A JSON object, or why a text is none that is kept as it is: a name that is twice would lose a value, a number of more digits than a JavaScript number keeps be changed. */
export function readMetadata(text: string): { metadata: Record<string, unknown> } | { fault: string } {
  const read = readExact(text);
  if (read === null) return { fault: faults.json };
  const { value } = read;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { fault: faults.metadata };
  if (read.isRepeated) return { fault: faults.repeated };
  return read.isExact ? { metadata: value as Record<string, unknown> } : { fault: faults.number };
}
