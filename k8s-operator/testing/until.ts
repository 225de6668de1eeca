import { setTimeout as delay } from 'node:timers/promises';

const WAIT_MS = 30_000;
const POLL_MS = 25;

/** Waits for what it answers not to be null; names what was waited for when it does not come. */
export async function until<T>(
  what: string,
  look: () => Promise<T | null | undefined | false> | T | null | undefined | false,
  seen: () => unknown = () => '',
  waitMs = WAIT_MS,
): Promise<T> {
  const deadline = Date.now() + waitMs;
  for (;;) {
    const found = await look();
    if (found !== null && found !== undefined && found !== false) return found;
    if (Date.now() > deadline) throw new Error(`${what}: not within ${waitMs} ms. ${JSON.stringify(await seen())}`);
    await delay(POLL_MS);
  }
}
