import { Button, Menu, Select } from '@mantine/core';
import { ClockIcon } from '@heroicons/react/24/outline';
import { FilterCard, TextFilter } from '../../ui/filters/index.ts';
import { explainSpan, MomentField } from '../../ui/moment/index.ts';
import { fromDate } from '../../ui/time/index.ts';
import { FILTERS, KNOWN_ACTIONS, KNOWN_OUTCOMES } from './entry.ts';
import { strings } from './strings.ts';

type Name = (typeof FILTERS)[number];
type Values = Partial<Record<Name, string>>;

const HOUR_MS = 3_600_000;
const RANGES: readonly [label: string, lengthMs: number][] = [
  [strings.lastHour, HOUR_MS],
  [strings.lastDay, 24 * HOUR_MS],
  [strings.lastWeek, 7 * 24 * HOUR_MS],
];

/** All that can be asked for. */
export function AuditFilters({ values, change }: { values: Values; change: (changes: Partial<Record<Name, string | null>>) => void }) {
  const ranges = (
    <Menu position="bottom-start">
      <Menu.Target>
        <Button variant="default" size="xs" leftSection={<ClockIcon width={14} />}>
          {strings.ranges}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {RANGES.map(([label, lengthMs]) => (
          <Menu.Item key={label} onClick={() => change({ from: fromDate(new Date(Date.now() - lengthMs)), to: null })}>
            {label}
          </Menu.Item>
        ))}
        <Menu.Item onClick={() => change({ from: null, to: null })}>{strings.anyTime}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
  return (
    <FilterCard
      label={strings.filters}
      count={Object.keys(values).length}
      onClear={() => change(Object.fromEntries(FILTERS.map((name) => [name, null])))}
      cols={{ base: 1, xs: 2, sm: 3, lg: 4 }}
      beside={ranges}
    >
      <Select
        label={strings.source}
        data={Object.entries(strings.sources).map(([value, label]) => ({ value, label }))}
        value={values.source ?? null}
        placeholder={strings.anySource}
        clearable
        onChange={(source) => change({ source })}
      />
      <TextFilter label={strings.action} value={values.action} known={KNOWN_ACTIONS} onChange={(action) => change({ action })} />
      <TextFilter label={strings.actor} value={values.actor} onChange={(actor) => change({ actor })} />
      <TextFilter label={strings.ledger} value={values.ledger} onChange={(ledger) => change({ ledger })} />
      <TextFilter label={strings.outcome} value={values.outcome} known={KNOWN_OUTCOMES} onChange={(outcome) => change({ outcome })} />
      <TextFilter label={strings.requestId} value={values.requestId} onChange={(requestId) => change({ requestId })} />
      <MomentField
        label={strings.from}
        value={values.from ?? null}
        error={explainSpan(values.from, values.to, strings.to)}
        onChange={(from) => change({ from })}
      />
      <MomentField label={strings.to} value={values.to ?? null} onChange={(to) => change({ to })} />
    </FilterCard>
  );
}
