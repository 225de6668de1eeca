/** A file beyond that is cut: what one process keeps of it before it is saved has to be bounded. */
export const LINES_MAX = 1_000_000;
const CHARACTERS_MAX = 512 * 1024 * 1024;
/** A browser may keep a Blob on disk, but not a string. */
const CHUNK_CHARACTERS = 1024 * 1024;
const TOLD_EVERY = 500;

export interface Collected<T> {
  file: Blob;
  count: number;
  last: T | null;
  /** There was more than a file takes. */
  isCut: boolean;
  /** What ended it before its end; what had come is in the file. */
  error: unknown;
}

export interface CollectOptions {
  linesMax?: number;
  charactersMax?: number;
  onCount: (count: number) => void;
}

/** A line of JSON each, in a file, of as many as it takes. Never rejects: one that breaks off says so. */
export async function collect<T>(
  entries: AsyncIterable<T>,
  { linesMax = LINES_MAX, charactersMax = CHARACTERS_MAX, onCount }: CollectOptions,
): Promise<Collected<T>> {
  const chunks: Blob[] = [];
  let lines: string[] = [];
  let pending = 0;
  let characters = 0;
  const collected = { count: 0, last: null as T | null, isCut: false, error: null as unknown };
  const flush = (): void => {
    if (lines.length > 0) chunks.push(new Blob([`${lines.join('\n')}\n`]));
    lines = [];
    pending = 0;
  };
  try {
    for await (const entry of entries) {
      const line = JSON.stringify(entry);
      if (collected.count === linesMax || characters + line.length > charactersMax) {
        collected.isCut = true;
        break;
      }
      lines.push(line);
      pending += line.length;
      characters += line.length;
      collected.count += 1;
      collected.last = entry;
      if (pending >= CHUNK_CHARACTERS) flush();
      if (collected.count % TOLD_EVERY === 0) onCount(collected.count);
    }
  } catch (error) {
    collected.error = error;
  }
  flush();
  onCount(collected.count);
  return { ...collected, file: new Blob(chunks, { type: 'application/x-ndjson' }) };
}
