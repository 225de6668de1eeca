import { type ComponentType, useCallback, useState } from 'react';

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
