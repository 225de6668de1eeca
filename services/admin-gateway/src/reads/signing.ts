import { createHmac, timingSafeEqual } from 'node:crypto';

const SIGNATURE_BYTES = 16;
/** What `sign` makes of a text that is not empty, as a part of a regular expression. */
export const SIGNED_TEXT = `[A-Za-z0-9_-]{${Math.ceil(((SIGNATURE_BYTES + 1) * 4) / 3)},}`;

/** Signs short texts for one purpose: base64url(signature ∥ text). Secrets of other purposes never verify it. */
export class Signer {
  private readonly secret: string;
  private readonly purpose: string;

  constructor(secret: string, purpose: string) {
    this.secret = secret;
    this.purpose = purpose;
  }

  private signature(text: string): Buffer {
    return createHmac('sha256', this.secret).update(this.purpose).update('\0').update(text).digest().subarray(0, SIGNATURE_BYTES);
  }

  sign(text: string): string {
    return Buffer.concat([this.signature(text), Buffer.from(text)]).toString('base64url');
  }

  /** The text, or null when it was not signed here for this purpose. */
  open(token: string): string | null {
    const bytes = Buffer.from(token, 'base64url');
    if (bytes.length <= SIGNATURE_BYTES || bytes.toString('base64url') !== token) return null;
    const text = bytes.subarray(SIGNATURE_BYTES).toString();
    return timingSafeEqual(bytes.subarray(0, SIGNATURE_BYTES), this.signature(text)) ? text : null;
  }
}
