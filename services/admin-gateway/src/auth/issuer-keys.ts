import type { Logger } from '@ledgerflow/platform/log';
import {
  calculateJwkThumbprint,
  createRemoteJWKSet,
  type CryptoKey,
  errors,
  exportJWK,
  type FlattenedJWSInput,
  type JWSHeaderParameters,
  type RemoteJWKSet,
} from 'jose';

const FETCH_TIMEOUT_MS = 3_000;
/** An unknown key id makes the keys be fetched again, but not more often than this, whatever comes in: how long a rotation may go unnoticed. */
const COOLDOWN_MS = 2_000;
/** Keys that could not be fetched again for so long are not believed any more: one of them may have been withdrawn. */
const AGE_MAX_MS = 24 * 3_600_000;

/** The keys are not there, or too old: nothing can be said about a token. */
export class KeysUnavailable extends Error {
  override name = 'KeysUnavailable';
}

export interface IssuerKeysOptions {
  url: string;
  /** Between two fetches: how long a withdrawn key may still be taken. */
  refreshMs: number;
  log: Logger;
  now?: () => number;
}

/**
 * The keys that the issuer publishes. They are fetched again at a steady pace, so that one that was withdrawn is noticed, and at once for a key id that is not
 * known, so that one that is new is. While the issuer is away the last ones go on, for a day.
 */
export class IssuerKeys {
  private readonly set: RemoteJWKSet;
  private readonly log: Logger;
  private readonly now: () => number;
  private readonly timer: NodeJS.Timeout;
  /** By thumbprint (RFC 7638), because an issuer may give a new key the id of an old one. */
  private readonly published = new Map<string, AbortController>();
  private readonly thumbprints = new WeakMap<CryptoKey, string>();
  private fetchedAtMs = Number.NEGATIVE_INFINITY;
  private triedAtMs = Number.NEGATIVE_INFINITY;
  private hasFailed = false;
  private fetching: Promise<void> | null = null;

  constructor({ url, refreshMs, log, now = Date.now }: IssuerKeysOptions) {
    this.log = log;
    this.now = now;
    // When to fetch is decided here: jose would forget good keys after some minutes of an outage.
    this.set = createRemoteJWKSet(new URL(url), { timeoutDuration: FETCH_TIMEOUT_MS, cooldownDuration: Infinity, cacheMaxAge: Infinity });
    this.timer = setInterval(() => void this.refresh().catch(() => undefined), refreshMs).unref();
  }

  close(): void {
    clearInterval(this.timer);
  }

  get areUsable(): boolean {
    return this.now() - this.fetchedAtMs < AGE_MAX_MS;
  }

  /** Usable, and at least one. */
  get areThere(): boolean {
    return this.areUsable && this.published.size > 0;
  }

  /** Fetches the keys; calls at the same time share one fetch. Rejects with KeysUnavailable. */
  refresh(): Promise<void> {
    this.fetching ??= this.fetch().finally(() => (this.fetching = null));
    return this.fetching;
  }

  private async fetch(): Promise<void> {
    this.triedAtMs = this.now();
    try {
      await this.set.reload();
    } catch (error) {
      this.hasFailed = true;
      this.log.warn({ err: error }, 'the keys of the identity provider can not be fetched');
      throw new KeysUnavailable((error as Error).message);
    }
    this.hasFailed = false;
    this.fetchedAtMs = this.now();
    const keys = this.set.jwks()?.keys ?? [];
    const now = new Set(await Promise.all(keys.map((key) => calculateJwkThumbprint(key).catch(() => ''))));
    // What has no thumbprint is no key that a signature can be checked with.
    now.delete('');
    for (const [thumbprint, withdrawal] of this.published) {
      if (now.has(thumbprint)) continue;
      this.published.delete(thumbprint);
      this.log.info({ thumbprint }, 'a key of the identity provider was withdrawn; its tokens are not taken any more');
      withdrawal.abort();
    }
    for (const thumbprint of now) if (!this.published.has(thumbprint)) this.published.set(thumbprint, new AbortController());
  }

  /** As jose asks for a key. Rejects with its JWKSNoMatchingKey or with KeysUnavailable. */
  readonly find = async (header?: JWSHeaderParameters, token?: FlattenedJWSInput): Promise<CryptoKey> => {
    if (!this.areUsable) await this.refreshSometimes();
    if (!this.areUsable) throw new KeysUnavailable('the keys were not fetched for too long');
    try {
      return await this.set(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      await this.refreshSometimes();
      // It may be new, and the issuer could not be asked.
      if (this.hasFailed) throw new KeysUnavailable('the key is not known and the keys can not be fetched');
      return this.set(header, token);
    }
  };

  /** Fetches them, unless that was tried a moment ago. Never rejects. */
  async refreshSometimes(): Promise<void> {
    if (this.fetching === null && this.now() - this.triedAtMs < COOLDOWN_MS) return;
    await this.refresh().catch(() => undefined);
  }

  /** Aborted when the key is published no more; null when that is so already. */
  async withdrawal(key: CryptoKey): Promise<AbortSignal | null> {
    let thumbprint = this.thumbprints.get(key);
    if (thumbprint === undefined) this.thumbprints.set(key, (thumbprint = await calculateJwkThumbprint(await exportJWK(key))));
    return this.published.get(thumbprint)?.signal ?? null;
  }
}
