import type { Account } from '@ledgerflow/client';
import { useMutation } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { tell } from '../../ui/problem/index.ts';
import { type ChoiceQuestion, namedOf } from './queries.ts';
import { strings } from './strings.ts';

interface Typing {
  /** What is there to be read; '': nothing. */
  words: string;
  /** What those words have found so far. */
  found: ReadonlyMap<string, Account>;
  question: Omit<ChoiceQuestion, 'words'>;
  without: string | null;
  onFound: (account: Account) => void;
}

/** Reads what somebody typed and did not choose: the account that is called exactly that, else the only one that has these words. */
export function useTyped({ words, found, question, without, onFound }: Typing) {
  // Of the form as it is when the answer comes: one types on meanwhile.
  const latest = useRef(onFound);
  useEffect(() => {
    latest.current = onFound;
  });
  const { mutate, reset, data, error, variables } = useMutation({
    mutationFn: (text: string) => namedOf({ ...question, words: text }, without),
  });
  const absent = data === null && variables !== undefined ? strings.picker.absent(variables) : null;
  return {
    fault: error === null ? absent : strings.picker.failed(tell(error).detail),
    /** Whether there is something to read; it is found at once or later. */
    read: (): boolean => {
      if (words === '') return false;
      const exact = found.get(words);
      if (exact === undefined) mutate(words, { onSuccess: (account) => account !== null && latest.current(account) });
      else onFound(exact);
      return true;
    },
    /** It is typed anew: an answer that is on its way is for nobody. */
    forget: reset,
  };
}
