import { makeKey } from '@ledgerflow/client';
import { useRef } from 'react';

/**
 * Gives the idempotency key of what a person is about to do: the same for the same request, however often it is pressed or tried again, and a new one once the request is
 * another. One of a form lives as long as the form.
 */
export function useIntentKey(): (request: unknown) => string {
  const last = useRef<{ request: string; key: string } | null>(null);
  return (request) => {
    const text = JSON.stringify(request);
    if (last.current?.request !== text) last.current = { request: text, key: makeKey() };
    return last.current.key;
  };
}
