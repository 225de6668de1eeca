/** What JSON.parse gives its reviver beside key and value, where the browser is new enough. */
interface Source {
  source?: string;
}

const DIGITS_KEPT = 15;
const significant = (source: string): string => source.replace(/e.*$/i, '').replaceAll(/[-.]/g, '').replace(/^0+/, '').replace(/0+$/, '');

/** A JSON object; null for anything else, and for numbers of more digits than a JavaScript number keeps: they would be changed on the way. */
export function readMetadata(text: string): Record<string, unknown> | null {
  let isExact = true;
  try {
    const value: unknown = JSON.parse(text, (_key, one: unknown, context?: Source) => {
      if (typeof one !== 'number') return one;
      const isKept = context?.source === undefined ? true : significant(context.source).length <= DIGITS_KEPT;
      if (!isKept || (Number.isInteger(one) && !Number.isSafeInteger(one))) isExact = false;
      return one;
    });
    if (!isExact || typeof value !== 'object' || value === null || Array.isArray(value)) return null;
    return value as Record<string, unknown>;
  } catch {
    return null;
  }
}
