import { type ComponentType, useCallback, useEffect, useState } from 'react';

/**
 * A part that is loaded when it is asked for: null before. When it can not be had, `onMissing` is told and the next time it is asked for again. `load` and `onMissing` have to
 * stay the same functions.
 */
export function useLate<P>(
  load: () => Promise<ComponentType<P>>,
  onMissing: (error: unknown) => void,
): [ComponentType<P> | null, () => void] {
  const [part, setPart] = useState<ComponentType<P> | null>(null);
  const ask = useCallback((): void => {
    // A component is a function: it would be called if it were not wrapped.
    load().then((loaded) => setPart(() => loaded), onMissing);
  }, [load, onMissing]);
  return [part, ask];
}

/**
 * A part that is on its way already: null until it is there; without it the page's error is shown. Unlike `lazy`, of which React shows what was waited for 0.3 s after it last
 * showed that something is waited for. `loading` has to stay the same.
 */
export function useLoaded<P>(loading: Promise<ComponentType<P>>): ComponentType<P> | null {
  const [part, setPart] = useState<ComponentType<P> | null>(null);
  useEffect(() => {
    loading.then(
      (loaded) => setPart(() => loaded),
      (error: unknown) =>
        setPart(() => {
          throw error;
        }),
    );
  }, [loading]);
  return part;
}
