import { Button, Group, Select, TextInput } from '@mantine/core';
import { MagnifyingGlassIcon, XMarkIcon } from '@heroicons/react/24/outline';
import { useDebouncedCallback } from '@mantine/hooks';
import { type ReactNode, useState } from 'react';
import { strings } from '../strings.ts';

export const FILTERS = ['q', 'status', 'currency', 'ownerId', 'prefix'] as const;
export type FilterName = (typeof FILTERS)[number];
const SETTLE_MS = 300;

export interface FiltersProps {
  filters: Partial<Record<FilterName, string>>;
  change: (change: Partial<Record<FilterName, string | null>>) => void;
  currencies: readonly string[];
}

/** A text that becomes a filter when nobody has typed for a moment; the address changes it too. */
function TextFilter({ name, label, placeholder, icon, filters, change, maxLength, w }: FiltersPart) {
  const inAddress = filters[name] ?? '';
  // What was typed goes on when the address follows it; when the address changed by itself, the text follows.
  const [{ text, seen, sent }, setState] = useState({ text: inAddress, seen: inAddress, sent: inAddress });
  if (seen !== inAddress) setState({ text: inAddress === sent ? text : inAddress, seen: inAddress, sent: inAddress });
  const settle = useDebouncedCallback(
    (value: string) => {
      setState((state) => ({ ...state, sent: value }));
      change({ [name]: value });
    },
    { delay: SETTLE_MS },
  );
  return (
    <TextInput
      label={label}
      placeholder={placeholder}
      leftSection={icon}
      maxLength={maxLength}
      value={text}
      w={w}
      onChange={(event) => {
        const typed = event.currentTarget.value;
        setState((state) => ({ ...state, text: typed }));
        settle(typed.trim());
      }}
    />
  );
}

interface FiltersPart extends Omit<FiltersProps, 'currencies'> {
  name: FilterName;
  label: string;
  placeholder?: string;
  icon?: ReactNode;
  maxLength: number;
  w: number | Record<string, number | string>;
}

export function Filters({ filters, change, currencies }: FiltersProps) {
  const isFiltered = FILTERS.some((name) => filters[name] !== undefined);
  const part = { filters, change };
  const { list, statuses } = strings;
  return (
    <Group align="flex-end" gap="sm" role="search" aria-label={strings.title}>
      <TextFilter
        {...part}
        name="q"
        label={list.search}
        placeholder={filters.prefix === undefined ? list.searchHint : list.searchHintPrefix}
        icon={<MagnifyingGlassIcon width={16} />}
        maxLength={128}
        w={{ base: '100%', xs: 260 }}
      />
      <Select
        label={list.status}
        placeholder={list.any}
        clearable
        data={Object.entries(statuses).map(([value, label]) => ({ value, label }))}
        value={filters.status ?? null}
        onChange={(status) => change({ status })}
        w={130}
      />
      <Select
        label={list.currency}
        placeholder={list.any}
        clearable
        searchable={currencies.length > 10}
        data={currencies}
        value={filters.currency ?? null}
        onChange={(currency) => change({ currency })}
        w={120}
      />
      <TextFilter {...part} name="ownerId" label={list.owner} maxLength={255} w={160} />
      <TextFilter {...part} name="prefix" label={list.prefix} maxLength={128} w={150} />
      {isFiltered ? (
        <Button
          variant="subtle"
          color="gray"
          leftSection={<XMarkIcon width={16} />}
          onClick={() => change(Object.fromEntries(FILTERS.map((name) => [name, null])))}
        >
          {list.clear}
        </Button>
      ) : null}
    </Group>
  );
}
