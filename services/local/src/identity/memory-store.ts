const ENTRIES_MAX = 10_000;

type Payload = Record<string, unknown> & { uid?: string; userCode?: string; grantId?: string; consumed?: number };

interface Entry {
  payload: Payload;
  expiresAt: number;
}

/**
 * Where the development provider keeps sign-ins and codes: in memory, so a restart asks for the password again (access tokens are JWTs and stay good). Bounded: the
 * oldest entries go first.
 */
export function memoryStore(): new (model: string) => object {
  const entries = new Map<string, Entry>();

  return class MemoryAdapter {
    private readonly model: string;
    constructor(model: string) {
      this.model = model;
    }

    private key(id: string): string {
      return `${this.model}:${id}`;
    }

    private first(matches: (payload: Payload) => boolean): Payload | undefined {
      for (const [key, { payload, expiresAt }] of entries) {
        if (key.startsWith(`${this.model}:`) && expiresAt > Date.now() && matches(payload)) return payload;
      }
      return undefined;
    }

    async upsert(id: string, payload: Payload, expiresInSeconds?: number): Promise<void> {
      entries.delete(this.key(id));
      entries.set(this.key(id), { payload, expiresAt: expiresInSeconds === undefined ? Infinity : Date.now() + expiresInSeconds * 1_000 });
      const [oldest] = entries.keys();
      if (entries.size > ENTRIES_MAX && oldest !== undefined) entries.delete(oldest);
    }

    async find(id: string): Promise<Payload | undefined> {
      const entry = entries.get(this.key(id));
      return entry !== undefined && entry.expiresAt > Date.now() ? entry.payload : undefined;
    }

    async findByUid(uid: string): Promise<Payload | undefined> {
      return this.first((payload) => payload.uid === uid);
    }

    async findByUserCode(userCode: string): Promise<Payload | undefined> {
      return this.first((payload) => payload.userCode === userCode);
    }

    async consume(id: string): Promise<void> {
      const entry = entries.get(this.key(id));
      if (entry !== undefined) entry.payload.consumed = Math.floor(Date.now() / 1_000);
    }

    async destroy(id: string): Promise<void> {
      entries.delete(this.key(id));
    }

    async revokeByGrantId(grantId: string): Promise<void> {
      for (const [key, { payload }] of entries) if (payload.grantId === grantId) entries.delete(key);
    }
  };
}
