/** A call to Kafka that did not end in its time. Whether it had an effect is unknown. */
export class KafkaTimeoutError extends Error {
  override name = 'KafkaTimeoutError';
}

/** Waits for a promise at most so long. The loser is not stopped: whoever gives up on a client must also throw it away. */
export async function within<T>(limitMs: number, what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new KafkaTimeoutError(`${what} took longer than ${limitMs} ms`)), limitMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
    // When the race is lost, a later rejection is nobody's: it must not end the process.
    promise.catch(() => undefined);
  }
}

/** Doubles from `minMs` to `maxMs` with the number of failures in a row, ± 20 % so that replicas do not march in step; 0 without failures. */
export function backOffMs(failures: number, minMs: number, maxMs: number): number {
  if (failures <= 0) return 0;
  const delayMs = Math.min(maxMs, minMs * 2 ** Math.min(failures - 1, 20));
  return Math.round(delayMs * (0.8 + Math.random() * 0.4));
}

/** The message of whatever was thrown, with the cause that kafkajs wraps. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error && error.cause.message !== error.message ? `: ${error.cause.message}` : '';
  return `${error.message}${cause}`;
}

const CAUSES_MAX = 5;

/** Whether Kafka answered, and said that it has no such topic or partition (any more). */
export function isTopicMissing(error: unknown): boolean {
  let at = error;
  for (let depth = 0; depth < CAUSES_MAX && at instanceof Error; depth++) {
    if ((at as { type?: unknown }).type === 'UNKNOWN_TOPIC_OR_PARTITION') return true;
    // What kafkajs throws when its metadata, once refreshed, lacks the topic.
    if (at.name === 'KafkaJSMetadataNotLoaded' || at.name === 'KafkaJSTopicMetadataNotLoaded') return true;
    at = at.cause;
  }
  return false;
}

/** Whether the brokers refused a batch for its size, or that of a message in it: sent again as it is, it will be refused again. */
export function isTooLarge(error: unknown): boolean {
  for (let [one, depth] = [error, 0]; one instanceof Error && depth < CAUSES_MAX; [one, depth] = [one.cause, depth + 1]) {
    const { type } = one as { type?: unknown };
    if (type === 'MESSAGE_TOO_LARGE' || type === 'RECORD_LIST_TOO_LARGE') return true;
  }
  return false;
}
