import { findLeaks, type KnownSecret } from './leaks.ts';

export interface LogText {
  /** A file's name, or what wrote it. */
  name: string;
  text: string;
}

/** Of a log that is full of them, so many are told. */
const TOLD_MAX = 20;

/** Throws an Error with file, line and kind of each secret that a log has, and without the secret. */
export function expectNoSecrets(logs: readonly LogText[], known: readonly KnownSecret[] = []): void {
  const told = logs.flatMap(({ name, text }) => findLeaks(text, known).map(({ line, kind }) => `${name}:${line}: ${kind}`));
  if (told.length === 0) return;
  const more = told.length > TOLD_MAX ? [`and ${told.length - TOLD_MAX} more`] : [];
  throw new Error(`secrets in the logs:\n${[...new Set(told.slice(0, TOLD_MAX)), ...more].map((line) => `  ${line}`).join('\n')}`);
}
