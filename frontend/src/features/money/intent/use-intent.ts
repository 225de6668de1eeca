import type { Action } from '@reduxjs/toolkit';
import { useCallback, useState } from 'react';
import { useSelector, useStore } from 'react-redux';
import { type Intent, type Intents, STORED } from './slice.ts';
import { keep } from './storage.ts';

export interface WithIntents {
  money: Intents;
}

type Step = Action & { payload: { place: string } };

/** The intent of a place, and steps (of whatever place) that are kept before anything else happens: a page loaded anew knows all that was sent. */
export function useIntent(place: string) {
  const store = useStore<WithIntents>();
  const intent = useSelector((state: WithIntents) => state.money[place]);
  const [isKept, setKept] = useState(true);
  const at = useCallback((where: string): Intent | undefined => store.getState().money[where], [store]);
  const now = useCallback((): Intent | undefined => at(place), [at, place]);
  const step = useCallback(
    (action: Step): void => {
      store.dispatch(action);
      const { place: where } = action.payload;
      setKept(keep(STORED, where, at(where)));
    },
    [store, at],
  );
  return { intent, now, at, step, isKept };
}
