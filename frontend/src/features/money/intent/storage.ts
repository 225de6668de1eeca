/** What the page must find again when it is loaded anew lies in the tab's session storage: an item each, named `<prefix> <place>`. */
export function load<T>(prefix: string): Record<string, T> {
  const found: Record<string, T> = {};
  try {
    for (let index = 0; index < sessionStorage.length; index++) {
      const name = sessionStorage.key(index) ?? '';
      if (!name.startsWith(`${prefix} `)) continue;
      found[name.slice(prefix.length + 1)] = JSON.parse(sessionStorage.getItem(name) ?? '') as T;
    }
  } catch {
    // Storage is not allowed, or somebody else wrote there: nothing is found.
  }
  return found;
}

/** false: it was not kept (storage is full or not allowed), and is gone when the page is loaded anew. */
export function keep(prefix: string, place: string, value: unknown): boolean {
  try {
    if (value === undefined) sessionStorage.removeItem(`${prefix} ${place}`);
    else sessionStorage.setItem(`${prefix} ${place}`, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}
