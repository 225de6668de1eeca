import { Select } from '@mantine/core';
import { MagnifyingGlassIcon } from '@heroicons/react/24/outline';
import { FilterCard, TextFilter } from '../../../ui/filters/index.ts';
import { strings } from '../strings.ts';

export const FILTERS = ['q', 'status', 'currency', 'ownerId', 'prefix'] as const;
export type FilterName = (typeof FILTERS)[number];

export interface FiltersProps {
  filters: Partial<Record<FilterName, string>>;
  change: (change: Partial<Record<FilterName, string | null>>) => void;
  currencies: readonly string[];
}

export function Filters({ filters, change, currencies }: FiltersProps) {
  const { q, status = null, currency = null, ownerId, prefix } = filters;
  const { list, statuses } = strings;
  return (
    <FilterCard
      label={list.filters}
      count={Object.keys(filters).length}
      onClear={() => change(Object.fromEntries(FILTERS.map((name) => [name, null])))}
      cols={{ base: 1, xs: 2, sm: 3, lg: 5 }}
    >
      <TextFilter
        label={list.search}
        placeholder={prefix === undefined ? list.searchHint : list.searchHintPrefix}
        leftSection={<MagnifyingGlassIcon width={16} />}
        maxLength={128}
        value={q}
        onChange={(next) => change({ q: next })}
      />
      <Select
        label={list.status}
        placeholder={list.any}
        clearable
        data={Object.entries(statuses).map(([value, label]) => ({ value, label }))}
        value={status}
        onChange={(next) => change({ status: next })}
      />
      <Select
        label={list.currency}
        placeholder={list.any}
        clearable
        searchable={currencies.length > 10}
        data={currencies}
        value={currency}
        onChange={(next) => change({ currency: next })}
      />
      <TextFilter label={list.owner} maxLength={255} value={ownerId} onChange={(next) => change({ ownerId: next })} />
      <TextFilter label={list.prefix} maxLength={128} value={prefix} onChange={(next) => change({ prefix: next })} />
    </FilterCard>
  );
}
