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

/** What JSON text says; null for what is no JSON. isExact: it has no number with more digits than a JavaScript number keeps, which would be changed on the way. */
export function readExact(text: string): { value: unknown; isExact: boolean } | null {
  let isExact = true;
  try {
    const value: unknown = JSON.parse(text, (_key, one: unknown, context?: Source) => {
      if (typeof one === 'number' && !isKept(one, context?.source)) isExact = false;
      return one;
    });
    return { value, isExact };
  } catch {
    return null;
  }
}
