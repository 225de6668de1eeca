import type { Action } from '@reduxjs/toolkit';
import { useCallback, useState } from 'react';
import { useSelector, useStore } from 'react-redux';
import { type Intent, type Intents, STORED } from './slice.ts';
import { keep } from './storage.ts';

export interface WithIntents {
  money: Intents;
}

/** The intent of a place, and steps that are kept before anything else happens: a page loaded anew knows all that was sent. */
export function useIntent(place: string) {
  const store = useStore<WithIntents>();
  const intent = useSelector((state: WithIntents) => state.money[place]);
  const [isKept, setKept] = useState(true);
  const now = useCallback((): Intent | undefined => store.getState().money[place], [store, place]);
  const step = useCallback(
    (action: Action): void => {
      store.dispatch(action);
      setKept(keep(STORED, place, now()));
    },
    [store, place, now],
  );
  return { intent, now, step, isKept };
}
