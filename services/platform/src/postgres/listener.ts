import pg from 'pg';
import type { Logger } from '../log/index.ts';

const RECONNECT_MIN_MS = 200;
const RECONNECT_MAX_MS = 5_000;

/**
 * LISTEN on one channel over a connection of its own, reconnected for ever with bounded back-off. Notifications are wake-ups, not data: whoever uses them has a
 * sweep as well, and `onGap` is called after each (re)connection because some may have been missed.
 */
export class Listener {
  private client: pg.Client | null = null;
  private stopped = false;
  private delayMs = RECONNECT_MIN_MS;
  private timer: NodeJS.Timeout | null = null;
  private readonly options: { url: string; channel: string; log: Logger; onNotification: (payload: string) => void; onGap: () => void };

  constructor(options: { url: string; channel: string; log: Logger; onNotification: (payload: string) => void; onGap: () => void }) {
    this.options = options;
  }

  get connected(): boolean {
    return this.client !== null;
  }

  /** Resolves after the first attempt, whether or not it succeeded. */
  async start(): Promise<void> {
    if (this.stopped) return;
    const { url, channel, log, onNotification, onGap } = this.options;
    const client = new pg.Client({
      connectionString: url,
      application_name: `listen ${channel}`,
      keepAlive: true,
      connectionTimeoutMillis: 3_000,
    });
    const lost = (error?: Error): void => {
      if (this.client !== client && error === undefined) return;
      if (this.client === client) this.client = null;
      client.removeAllListeners('notification');
      if (this.stopped || this.timer !== null) return;
      log.warn({ err: error, channel }, 'the notification connection was lost; reconnecting');
      this.timer = setTimeout(() => {
        this.timer = null;
        void this.start();
      }, this.delayMs);
      this.timer.unref();
      this.delayMs = Math.min(this.delayMs * 2, RECONNECT_MAX_MS);
    };
    client.on('error', lost);
    client.on('end', () => lost());
    client.on('notification', (message) => onNotification(message.payload ?? ''));
    try {
      await client.connect();
      await client.query(`listen ${client.escapeIdentifier(channel)}`);
      this.client = client;
      this.delayMs = RECONNECT_MIN_MS;
      if (this.stopped) return await this.stop();
      onGap();
    } catch (error) {
      void client.end().catch(() => undefined);
      lost(error as Error);
    }
  }

  async stop(): Promise<void> {
    this.stopped = true;
    if (this.timer !== null) clearTimeout(this.timer);
    const client = this.client;
    this.client = null;
    await client?.end().catch(() => undefined);
  }
}
