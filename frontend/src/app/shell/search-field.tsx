import { Kbd, TextInput } from '@mantine/core';
import { MagnifyingGlassIcon } from '@heroicons/react/24/outline';
import type { ComponentPropsWithRef } from 'react';
import { strings } from '../strings.ts';

/** Looks the same with suggestions and before they are loaded. */
export const SearchField = (given: Omit<ComponentPropsWithRef<'input'>, 'size'>) => (
  <TextInput
    type="search"
    aria-label={strings.search}
    aria-autocomplete="list"
    autoComplete="off"
    spellCheck={false}
    placeholder={strings.search}
    leftSection={<MagnifyingGlassIcon width={16} />}
    rightSection={<Kbd size="xs">/</Kbd>}
    w={220}
    {...given}
  />
);
