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
 * A module that is on its way already: empty until it is there; without it the page's error is shown. Unlike `lazy`, of which React shows what was waited for 0.3 s after it
 * last showed that something is waited for. `loading` has to stay the same.
 */
export function useLoaded<Module extends object>(loading: Promise<Module>): Partial<Module> {
  const [loaded, setLoaded] = useState<Partial<Module>>({});
  useEffect(() => {
    loading.then(setLoaded, (error: unknown) =>
      setLoaded(() => {
        throw error;
      }),
    );
  }, [loading]);
  return loaded;
}
