import { Combobox, Text, useCombobox } from '@mantine/core';
import { useDebouncedValue, useMergedRef } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { type ComponentProps, type Ref, type RefObject, useEffect, useLayoutEffect, useRef } from 'react';
import { STALE_MS } from '../../api/keys.ts';
import { answerOf } from '../../api/queries.ts';
import { strings } from '../strings.ts';
import { SearchField } from './search-field.tsx';

const SETTLE_MS = 200;
const SUGGESTED_MAX = 8;
/** The API takes no more. */
const WORDS_MAX = 128;

export interface SuggestedSearchProps {
  ledger: string;
  field: Ref<HTMLInputElement>;
  of: ComponentProps<typeof SearchField>;
  words: string;
  isOpen: boolean;
  onOpen: (isOpen: boolean) => void;
  /** The field that stood here before had it. */
  hadFocus: RefObject<boolean>;
  onChosen: (account: string) => void;
}

/** Accounts that these words find: none of earlier words. */
function useSuggestions(ledger: string, words: string, isWanted: boolean) {
  const [settled] = useDebouncedValue(words, SETTLE_MS);
  const isAsked = isWanted && settled === words && words !== '' && words.length <= WORDS_MAX;
  const { data } = useQuery({
    ...answerOf('searchAccounts', { ledger, q: settled, limit: SUGGESTED_MAX }, STALE_MS.slow),
    enabled: isAsked,
  });
  return isAsked ? data?.data : undefined;
}

/** The search with accounts to choose from below it: an arrow key and Enter open one. */
export function SuggestedSearch({ ledger, field, of, words, isOpen, onOpen, hadFocus, onChosen }: SuggestedSearchProps) {
  const own = useRef<HTMLInputElement>(null);
  const ref = useMergedRef(own, field);
  useLayoutEffect(() => {
    if (!hadFocus.current) return;
    own.current?.focus();
    own.current?.setSelectionRange(own.current.value.length, own.current.value.length);
  }, [hadFocus]);
  const found = useSuggestions(ledger, words, isOpen);
  const isShown = isOpen && found !== undefined && found.length > 0;
  const combobox = useCombobox({ opened: isShown, onOpenedChange: onOpen });
  const { resetSelectedOption } = combobox;
  // Enter takes nothing that was chosen among others.
  useEffect(() => resetSelectedOption(), [found, resetSelectedOption]);
  return (
    <Combobox store={combobox} onOptionSubmit={onChosen} width={320} position="bottom-end">
      <Combobox.Target withExpandedAttribute autoComplete="off">
        <SearchField
          {...of}
          ref={ref}
          onKeyDown={(event) => {
            // The browser would empty the field: that is for a second press.
            if (event.key === 'Escape' && isShown) event.preventDefault();
            of.onKeyDown?.(event);
          }}
        />
      </Combobox.Target>
      <Combobox.Dropdown>
        <Combobox.Options aria-label={strings.suggestions}>
          {found?.map(({ id, name }) => (
            <Combobox.Option key={id} value={id}>
              <Text size="sm" className="id" truncate>
                {id}
              </Text>
              <Text size="xs" c="dimmed" truncate>
                {name}
              </Text>
            </Combobox.Option>
          ))}
        </Combobox.Options>
      </Combobox.Dropdown>
    </Combobox>
  );
}
