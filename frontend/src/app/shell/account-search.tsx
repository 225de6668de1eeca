import { Kbd, TextInput } from '@mantine/core';
import { MagnifyingGlassIcon } from '@heroicons/react/24/outline';
import { type Ref, useState } from 'react';
import { useNavigate } from 'react-router';
import { paths } from '../paths.ts';
import { strings } from '../strings.ts';

/** Enter goes to the list of what was found. */
export function AccountSearch({ ledger, field }: { ledger: string; field: Ref<HTMLInputElement> }) {
  const [text, setText] = useState('');
  const navigate = useNavigate();
  return (
    <form
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        const words = text.trim();
        void navigate(`${paths.accounts(ledger)}${words === '' ? '' : `?q=${encodeURIComponent(words)}`}`);
      }}
    >
      <TextInput
        ref={field}
        type="search"
        aria-label={strings.search}
        placeholder={strings.search}
        leftSection={<MagnifyingGlassIcon width={16} />}
        rightSection={<Kbd size="xs">/</Kbd>}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        w={220}
      />
    </form>
  );
}
