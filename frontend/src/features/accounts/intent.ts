import { useRef } from 'react';

/**
 * The idempotency key of what a form is for: one for each request, however often it is sent. A request that is changed is another one.
 */
export function useIntent(): (request: unknown) => string {
  const last = useRef<{ request: string; key: string } | null>(null);
  return (request) => {
    const text = JSON.stringify(request);
    if (last.current?.request !== text) last.current = { request: text, key: crypto.randomUUID() };
    return last.current.key;
  };
}
