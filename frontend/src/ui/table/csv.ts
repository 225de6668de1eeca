import Papa from 'papaparse';

/** A cell that a spreadsheet would take for a formula; numbers with a sign are none. */
const FORMULA = /^[=@\t\r]|^[+-](?![\d.]+$)/;

/** RFC 4180, with a mark of UTF-8 in front, which spreadsheets need. */
export function toCsv(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  return `\uFEFF${Papa.unparse([[...titles], ...rows.map((row) => [...row])], { escapeFormulae: FORMULA, newline: '\r\n' })}\r\n`;
}

/** Gives a file to the browser to keep. */
export function saveFile(name: string, content: BlobPart, type: string): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The download has begun by then: the browser holds what it needs.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
