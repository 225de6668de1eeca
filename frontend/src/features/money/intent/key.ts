const KEY_BYTES = 16;

/** A new idempotency key: 32 hexadecimal digits. Not crypto.randomUUID, which a page that is not served by https lacks. */
export function makeKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
