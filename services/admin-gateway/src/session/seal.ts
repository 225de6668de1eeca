import { createHash, hkdfSync } from 'node:crypto';
import { EncryptJWT, errors, jwtDecrypt } from 'jose';

/** What is sealed for one purpose does not open for another. */
export type Purpose = 'session' | 'seen' | 'sign-in';

export interface SealOptions {
  /** The first encrypts, all decrypt: a new one is put in front, an old one is taken out when its sessions have ended. */
  secrets: readonly string[];
  issuer: string;
  clientId: string;
  now: () => number;
}

interface Key {
  id: string;
  bytes: Uint8Array;
}

const KEY_BYTES = 32;

function keysOf(secrets: readonly string[], purpose: Purpose): Key[] {
  return secrets.map((secret) => {
    const bytes = new Uint8Array(hkdfSync('sha256', secret, '', `ledgerflow cookie ${purpose}`, KEY_BYTES));
    return { id: createHash('sha256').update(bytes).digest('base64url').slice(0, 8), bytes };
  });
}

/** Text that only this deployment can read or make: JWE (RFC 7516), direct A256GCM, for this issuer and client, with an end. */
export class Seal {
  private readonly options: SealOptions;
  private readonly keys: Readonly<Record<Purpose, Key[]>>;

  constructor(options: SealOptions) {
    this.options = options;
    const { secrets } = options;
    this.keys = { session: keysOf(secrets, 'session'), seen: keysOf(secrets, 'seen'), 'sign-in': keysOf(secrets, 'sign-in') };
  }

  seal(purpose: Purpose, content: object, ttlSeconds: number): Promise<string> {
    const { issuer, clientId, now } = this.options;
    const key = this.keys[purpose][0]!;
    return new EncryptJWT({ content })
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: key.id })
      .setIssuer(issuer)
      .setAudience(clientId)
      .setExpirationTime(Math.floor(now() / 1000) + ttlSeconds)
      .encrypt(key.bytes);
  }

  /** The content, or null for anything that was not sealed here for this purpose, or has ended. */
  async open<T extends object>(purpose: Purpose, text: string): Promise<T | null> {
    const { issuer, clientId, now } = this.options;
    const find = ({ kid }: { kid?: string }): Uint8Array => {
      const key = this.keys[purpose].find(({ id }) => id === kid);
      if (key === undefined) throw new errors.JWEDecryptionFailed();
      return key.bytes;
    };
    try {
      const { payload } = await jwtDecrypt(text, find, {
        issuer,
        audience: clientId,
        keyManagementAlgorithms: ['dir'],
        contentEncryptionAlgorithms: ['A256GCM'],
        requiredClaims: ['exp', 'content'],
        currentDate: new Date(now()),
      });
      return payload['content'] as T;
    } catch (error) {
      if (error instanceof errors.JOSEError) return null;
      throw error;
    }
  }
}
