import { configureStore, type Reducer } from '@reduxjs/toolkit';
import { useDispatch, useSelector } from 'react-redux';
import { connection, type Connection } from './connection.ts';
import { preferences, type Preferences, savePreferences } from './preferences.ts';

/** UI state of the whole page. A feature's own slices lie beside it, under names that only the feature knows. */
export interface AppState {
  connection: Connection;
  preferences: Preferences;
}

export function createStore(ofFeatures: Readonly<Record<string, Reducer>>) {
  const store = configureStore({
    reducer: { ...ofFeatures, connection: connection.reducer, preferences: preferences.reducer },
  });
  let saved = store.getState().preferences;
  store.subscribe(() => {
    const { preferences: now } = store.getState();
    if (now === saved) return;
    saved = now;
    savePreferences(now);
  });
  return store;
}

export type AppStore = ReturnType<typeof createStore>;
export const useAppSelector = useSelector.withTypes<AppState>();
export const useAppDispatch = useDispatch.withTypes<AppStore['dispatch']>();
