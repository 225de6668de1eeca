/** What JSON.parse gives its reviver beside key and value, where the browser is new enough. */
interface Source {
  source?: string;
}

const DIGITS_KEPT = 15;
const significant = (source: string): string => source.replace(/e.*$/i, '').replaceAll(/[-.]/g, '').replace(/^0+/, '').replace(/0+$/, '');

function isKept(one: number, source: string | undefined): boolean {
  if (!Number.isFinite(one) || (Number.isInteger(one) && !Number.isSafeInteger(one))) return false;
  if (source === undefined) return true;
  const digits = significant(source);
  return digits.length <= DIGITS_KEPT && (one !== 0 || digits === '');
}

const STRING = /"[^"\\]*(?:\\.[^"\\]*)*"/g;
/** Of valid JSON: one a colon that is in no string. */
const membersWritten = (json: string): number => json.replaceAll(STRING, '').split(':').length - 1;
const membersKept = (value: unknown): number => {
  if (typeof value !== 'object' || value === null) return 0;
  const inner = Object.values(value);
  return inner.reduce((sum: number, one) => sum + membersKept(one), Array.isArray(value) ? 0 : inner.length);
};

export interface Exact {
  value: unknown;
  /** It has no number with more digits than a JavaScript number keeps, which would be changed on the way. */
  isExact: boolean;
  /** An object of it, at whatever depth, has two members of one name: the value has only the last. */
  isRepeated: boolean;
}

/** What JSON text says; null for what is no JSON. */
export function readExact(text: string): Exact | null {
  let isExact = true;
  try {
    const value: unknown = JSON.parse(text, (_key, one: unknown, context?: Source) => {
      if (typeof one === 'number' && !isKept(one, context?.source)) isExact = false;
      return one;
    });
    return { value, isExact, isRepeated: membersKept(value) < membersWritten(text) };
  } catch {
    return null;
  }
}
