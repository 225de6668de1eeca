import { createRequire } from 'node:module';

interface RequestQueue {
  pending: readonly unknown[];
  throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  checkPendingRequests(): void;
}

interface RequestQueueClass {
  prototype: RequestQueue & { scheduleCheckPendingRequests(): void };
}

const CHECK_MIN_MS = 10;
let isPatched = false;

/**
 * kafkajs 2.2.4 asks every connection's queue once a millisecond, for ever, whether something is pending (its issue 1704), with negative time-outs that make
 * Node print warnings (its issue 1751): 4.2 % of a core for one idle producer, 0.15 % without. A check is only of use while something is pending: whatever is queued otherwise is sent when an answer comes.
 */
export function quietRequestQueues(): void {
  if (isPatched) return;
  isPatched = true;
  const { prototype } = createRequire(import.meta.url)('kafkajs/src/network/requestQueue') as RequestQueueClass;
  prototype.scheduleCheckPendingRequests = function (this: RequestQueue): void {
    if (this.pending.length === 0 || this.throttleCheckTimeoutId !== null) return;
    this.throttleCheckTimeoutId = setTimeout(
      () => {
        this.throttleCheckTimeoutId = null;
        this.checkPendingRequests();
      },
      Math.max(CHECK_MIN_MS, this.throttledUntil - Date.now()),
    );
  };
}
