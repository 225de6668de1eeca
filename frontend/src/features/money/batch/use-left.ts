import { useStore } from 'react-redux';
import { keep } from '../intent/storage.ts';
import { type Left, LEFT_STORED, leftPlace, lefts, type Lefts } from './left.ts';
import { type Batch, doneIn } from './slice.ts';

/** Files that were left with rows done: each is found by its content, by whom it was sent, in its ledger. */
export function useLeft(who: string, ledger: string) {
  const store = useStore<{ moneyLeft: Lefts }>();
  return {
    leave: ({ digest, key, mode, results }: Batch): void => {
      if (digest === null || doneIn({ results }) === 0) return;
      const place = leftPlace(who, ledger, digest);
      store.dispatch(lefts.actions.left({ place, key, mode, results }));
      keep(LEFT_STORED, place, store.getState().moneyLeft[place]);
    },
    /** As it was when it was left; undefined: it was not. */
    find: ({ digest, rows }: Batch): Left | undefined => {
      const left = digest === null ? undefined : store.getState().moneyLeft[leftPlace(who, ledger, digest)];
      return left?.results.length === rows.length ? left : undefined;
    },
  };
}
