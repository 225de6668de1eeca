import type { MouseEvent } from 'react';

/**
 * For the button that takes the place of another one, and for that one: the second press of a double click is meant for what was there a moment ago. It does nothing, and submits nothing.
 */
export const onFirstPress =
  (act?: () => void) =>
  (event: MouseEvent): void => {
    if (event.detail > 1) event.preventDefault();
    else act?.();
  };
