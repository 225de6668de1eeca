import { useCallback } from 'react';
import { useSearchParams } from 'react-router';

/**
 * Filters in the address, so that a link shows what its sender saw. A filter that is empty is not in it; changing one does not add to the browser's history. Of two that
 * are changed one soon after the other both are kept: a change begins with the address as it is, which what was drawn may be behind.
 */
export function useFilters<Name extends string>(
  names: readonly Name[],
): [Partial<Record<Name, string>>, (change: Partial<Record<Name, string | null>>) => void] {
  const [search, setSearch] = useSearchParams();
  const values: Partial<Record<Name, string>> = {};
  for (const name of names) {
    const value = search.get(name);
    if (value !== null && value !== '') values[name] = value;
  }
  const change = useCallback(
    (changes: Partial<Record<Name, string | null>>): void =>
      setSearch(
        () => {
          const after = new URLSearchParams(window.location.search);
          for (const [name, value] of Object.entries<string | null | undefined>(changes)) {
            if (value === null || value === undefined || value === '') after.delete(name);
            else after.set(name, value);
          }
          return after;
        },
        { replace: true, preventScrollReset: true },
      ),
    [setSearch],
  );
  return [values, change];
}
