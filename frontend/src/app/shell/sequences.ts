import { useEffect } from 'react';

/** How long the second letter may take. */
const SECOND_MS = 1_500;
const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || target.closest('input, textarea, select, [role="textbox"]') !== null);

/** Keys without a modifier, outside fields: one character, or `g` and then a letter. The map has to stay the same object while nothing changes. */
export function useKeys(actions: ReadonlyMap<string, () => void>): void {
  useEffect(() => {
    let prefix = '';
    let sinceMs = 0;
    const onKey = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      // Letters belong to the dialog that is open.
      if (event.key.length !== 1 || document.querySelector('[role="dialog"]') !== null) return;
      const keys = prefix !== '' && event.timeStamp - sinceMs < SECOND_MS ? `${prefix} ${event.key}` : event.key;
      prefix = event.key === 'g' ? 'g' : '';
      sinceMs = event.timeStamp;
      const action = actions.get(keys);
      if (action === undefined) return;
      event.preventDefault();
      action();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [actions]);
}
