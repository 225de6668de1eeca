import { LedgerFlowError, LedgerFlowProblem, makeKey } from '@ledgerflow/client';
import { useRef } from 'react';

/**
 * Sends what a person is about to do under a key of its own: the same for the same request, however often it is pressed or tried again, and a new one once the request is another. After
 * the ledger's refusal it is a new one as well: under the old one that would be said for ever, whatever has become of its reason. One of a form lives as long as the form.
 */
export function useUnderKey(): <T>(request: unknown, send: (idempotencyKey: string) => Promise<T>) => Promise<T> {
  const last = useRef<{ request: string; key: string } | null>(null);
  return async (request, send) => {
    const text = JSON.stringify(request);
    if (last.current?.request !== text) last.current = { request: text, key: makeKey() };
    const { key } = last.current;
    try {
      return await send(key);
    } catch (error) {
      if (error instanceof LedgerFlowProblem && error.isRefusal && last.current?.key === key) last.current = null;
      throw error;
    }
  };
}

/** Of a form: begins what it does once. The second press of a double click may come before the first one is drawn, or after it was answered. */
export function useOnce(): { begin: () => boolean; failed: () => void } {
  const isBegun = useRef(false);
  return {
    begin: () => {
      if (isBegun.current) return false;
      isBegun.current = true;
      return true;
    },
    failed: () => {
      isBegun.current = false;
    },
  };
}

/** Whether a command was not done, and why is all that there is to say: it is of no more use once the form is another. */
export const isPast = (error: unknown): boolean => error !== null && !(error instanceof LedgerFlowError && error.isOutcomeUnknown);
