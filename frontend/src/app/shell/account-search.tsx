import { type ComponentProps, type Ref, useRef, useState } from 'react';
import { useNavigate } from 'react-router';
import { useLate } from '../../ui/late/index.ts';
import { paths } from '../paths.ts';
import { SearchField } from './search-field.tsx';

const load = async () => (await import('./suggested-search.tsx')).SuggestedSearch;
/** Enter leads to the list without them. */
const doWithout = (): void => undefined;

/** Enter goes to the list of what was found; what is suggested while one types comes with the first focus. */
export function AccountSearch({ ledger, field }: { ledger: string; field: Ref<HTMLInputElement> }) {
  const [text, setText] = useState('');
  const [isOpen, setOpen] = useState(false);
  const hasFocus = useRef(false);
  const form = useRef<HTMLFormElement>(null);
  const navigate = useNavigate();
  const [Suggested, ask] = useLate(load, doWithout);
  /** What comes is to have the focus, and keys are its again. */
  const leave = (): void => form.current?.querySelector('input')?.blur();
  const of: ComponentProps<typeof SearchField> = {
    value: text,
    onChange: (event) => {
      setText(event.currentTarget.value);
      setOpen(true);
    },
    onPointerEnter: ask,
    onFocus: () => {
      hasFocus.current = true;
      ask();
      setOpen(true);
    },
    onKeyDown: ({ key, defaultPrevented }) => {
      if (key === 'Escape' && !defaultPrevented && text === '') leave();
    },
    onBlur: () => {
      hasFocus.current = false;
      setOpen(false);
    },
  };
  return (
    <form
      ref={form}
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        leave();
        setOpen(false);
        const words = text.trim();
        void navigate(`${paths.accounts(ledger)}${words === '' ? '' : `?q=${encodeURIComponent(words)}`}`);
      }}
    >
      {Suggested === null ? (
        <SearchField ref={field} {...of} />
      ) : (
        <Suggested
          ledger={ledger}
          field={field}
          of={of}
          words={text.trim()}
          isOpen={isOpen}
          onOpen={setOpen}
          hadFocus={hasFocus}
          onChosen={(account) => {
            leave();
            setText('');
            setOpen(false);
            void navigate(paths.account(ledger, account));
          }}
        />
      )}
    </form>
  );
}
