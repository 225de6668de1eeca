/** A browser keeps no cookie beyond 4,096 bytes with its name and attributes. */
const CHUNK_CHARACTERS = 3_800;
/** The server takes 16 KiB of headers. */
const CHUNKS_MAX = 3;

const PREFIX = 'ledgerflow_';
export type CookieKind = 'session' | 'seen' | `sign_in_${number}`;

/** What a browser gives back or is given; never readable by a page. Another site's page makes a browser send it only by a link (SameSite=Lax), never by a form. */
export class Cookies {
  private readonly isSecure: boolean;

  /** isSecure: the site is reached by https, so that no other host can plant such a cookie (`__Host-`, RFC 6265bis). */
  constructor(isSecure: boolean) {
    this.isSecure = isSecure;
  }

  name(kind: CookieKind): string {
    return `${this.isSecure ? '__Host-' : ''}${PREFIX}${kind}`;
  }

  private chunkName(kind: CookieKind, index: number): string {
    return index === 0 ? this.name(kind) : `${this.name(kind)}_${index}`;
  }

  /** Whether the header names this cookie at all. */
  has(header: string | undefined, kind: CookieKind): boolean {
    return header !== undefined && header.includes(this.name(kind)) && this.one(header, this.name(kind)) !== undefined;
  }

  /** undefined: not there; null: there more than once, and one of them is not from us. */
  private one(header: string, name: string): string | null | undefined {
    let found: string | null | undefined;
    for (const pair of header.split(';')) {
      const at = pair.indexOf('=');
      if (at < 0 || pair.slice(0, at).trim() !== name) continue;
      if (found !== undefined) return null;
      found = pair.slice(at + 1).trim();
    }
    return found;
  }

  /** The value that `set` was given, or null when it is not all there. */
  read(header: string | undefined, kind: CookieKind): string | null {
    if (header === undefined) return null;
    const [, digits, first] = /^([1-9])~(.*)$/.exec(this.one(header, this.name(kind)) ?? '') ?? [];
    if (first === undefined || Number(digits) > CHUNKS_MAX) return null;
    let value = first;
    for (let index = 1; index < Number(digits); index++) {
      const chunk = this.one(header, this.chunkName(kind, index));
      if (chunk === null || chunk === undefined) return null;
      value += chunk;
    }
    return value;
  }

  private line(name: string, value: string, maxAgeSeconds: number): string {
    return `${name}=${value}; Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Lax${this.isSecure ? '; Secure' : ''}`;
  }

  /** Lines of Set-Cookie for a text of base64url and dots; those of a longer one before are taken back. null: too long for a browser. */
  set(header: string | undefined, kind: CookieKind, value: string, maxAgeSeconds: number): string[] | null {
    const count = Math.ceil(value.length / CHUNK_CHARACTERS);
    if (count > CHUNKS_MAX) return null;
    const lines: string[] = [];
    for (let index = 0; index < count; index++) {
      const chunk = value.slice(index * CHUNK_CHARACTERS, (index + 1) * CHUNK_CHARACTERS);
      lines.push(this.line(this.chunkName(kind, index), index === 0 ? `${count}~${chunk}` : chunk, maxAgeSeconds));
    }
    return [...lines, ...this.clear(header, kind, count)];
  }

  /** Lines of Set-Cookie that take back what the browser sent, from this chunk on. */
  clear(header: string | undefined, kind: CookieKind, from = 0): string[] {
    const lines: string[] = [];
    for (let index = from; index < CHUNKS_MAX; index++) {
      const name = this.chunkName(kind, index);
      if (header !== undefined && this.one(header, name) !== undefined) lines.push(this.line(name, '', 0));
    }
    return lines;
  }
}
