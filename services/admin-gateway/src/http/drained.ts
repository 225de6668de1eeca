import type { ServerResponse } from 'node:http';

/** Waits until a client has read what was written to it, it is gone, or it has read nothing for stalledMs. */
export function drained(response: ServerResponse, stalledMs: number): Promise<'drained' | 'gone' | 'stalled'> {
  if (response.destroyed) return Promise.resolve('gone');
  return new Promise((resolve) => {
    const settle = (outcome: 'drained' | 'gone' | 'stalled') => (): void => {
      clearTimeout(timer);
      response.off('drain', onDrain).off('close', onClose);
      resolve(outcome);
    };
    const onDrain = settle('drained');
    const onClose = settle('gone');
    const timer = setTimeout(settle('stalled'), stalledMs);
    response.on('drain', onDrain).on('close', onClose);
  });
}
