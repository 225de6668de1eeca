/** A text that is no longer stands for itself where the browser has no digests: those of a page that came unencrypted have none. */
const TEXT_MAX = 16_384;

/** The same for the same content, and for no other; null: this browser can not tell of one that is so long. */
export async function digestOf(content: string): Promise<string | null> {
  // Not there in all browsers, whatever its type says.
  const subtle = crypto.subtle as SubtleCrypto | undefined;
  if (subtle === undefined) return content.length > TEXT_MAX ? null : `text:${content}`;
  const bytes = new Uint8Array(await subtle.digest('SHA-256', new TextEncoder().encode(content)));
  return `sha-256:${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
