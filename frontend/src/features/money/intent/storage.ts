/** Of what could not be read: it is kept as it was, under its name behind this. */
const UNREAD = 'ledgerflow-unread';

/** The names that begin so, without that; none where storage is not allowed. */
function namesIn(prefix: string): string[] {
  try {
    return Object.keys(sessionStorage).flatMap((name) => (name.startsWith(`${prefix} `) ? [name.slice(prefix.length + 1)] : []));
  } catch {
    return [];
  }
}

function itemOf<T>(name: string, read: (value: unknown) => T | null): T | null {
  try {
    return read(JSON.parse(sessionStorage.getItem(name) ?? ''));
  } catch {
    return null;
  }
}

/** Out of the way of what is kept next under its name. Where there is no room for that it stays where it is, and is found the next time. */
function setAside(name: string): void {
  try {
    sessionStorage.setItem(`${UNREAD} ${name}`, sessionStorage.getItem(name) ?? '');
    sessionStorage.removeItem(name);
  } catch {
    // Nothing is lost.
  }
}

/**
 * What the page must find again when it is loaded anew lies in the tab's session storage: an item each, named `<prefix> <place>`. `read` gives null for what it is not: that is set aside,
 * and hides nothing else.
 */
export function load<T>(prefix: string, read: (value: unknown) => T | null): Record<string, T> {
  const found: Record<string, T> = {};
  for (const place of namesIn(prefix)) {
    const item = itemOf(`${prefix} ${place}`, read);
    if (item === null) setAside(`${prefix} ${place}`);
    else found[place] = item;
  }
  return found;
}

/** What was set aside: `<prefix> <place>` of each. */
export const unread = (): string[] => namesIn(UNREAD);
export const forgetUnread = (name: string): void => sessionStorage.removeItem(`${UNREAD} ${name}`);

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
