import { Alert, Stack, Text } from '@mantine/core';
import { InformationCircleIcon } from '@heroicons/react/24/outline';
import { formatCount } from '../../ui/count/index.ts';
import { Page } from '../../ui/page/index.ts';
import { Stat, Stats } from '../../ui/stat/index.ts';
import { Answered, Empty } from '../../ui/states/index.ts';
import { DataTable, ExportButton } from '../../ui/table/index.ts';
import { formatDuration, fromDate, Time } from '../../ui/time/index.ts';
import { columns, exported } from './columns.tsx';
import { useOutbox } from './queries.ts';
import { type Slot, totalsOf, worstFirst } from './slots.ts';
import { strings } from './strings.ts';

function Slots({ slots }: { slots: readonly Slot[] }) {
  if (slots.length === 0) return <Empty title={strings.none}>{strings.noneDetail}</Empty>;
  const { backlog, behind, oldestAgeSeconds, withoutRelay, open } = totalsOf(slots);
  return (
    <Stack gap="md">
      <Stats>
        <Stat label={strings.backlog} about={strings.backlogAbout(behind)}>
          {formatCount(backlog.toString())}
        </Stat>
        <Stat label={strings.oldest}>{behind === 0 ? strings.oldestNone : formatDuration(oldestAgeSeconds)}</Stat>
        <Stat label={strings.breakers} about={strings.of(slots.length)} isBad={open > 0}>
          {open}
        </Stat>
        <Stat label={strings.holders} about={strings.of(slots.length)} isBad={withoutRelay > 0}>
          {withoutRelay}
        </Stat>
      </Stats>
      <DataTable label={strings.table} columns={columns} rows={worstFirst(slots)} rowKey={({ cluster, slot }) => `${cluster} ${slot}`} />
    </Stack>
  );
}

export function Component() {
  const query = useOutbox();
  const { data, dataUpdatedAt } = query;
  const slots = data?.data ?? [];
  return (
    <Page
      title={strings.title}
      about={strings.about}
      actions={slots.length === 0 ? undefined : <ExportButton name="outbox" columns={exported} rows={() => worstFirst(slots)} />}
    >
      {dataUpdatedAt === 0 ? null : (
        <Text size="sm" c="dimmed">
          {strings.updated} <Time at={fromDate(new Date(dataUpdatedAt))} />
        </Text>
      )}
      <Answered query={query}>
        {({ relay, data: told }) =>
          relay === 'off' ? (
            <Alert color="blue" variant="light" icon={<InformationCircleIcon />} title={strings.off}>
              {strings.offDetail}
            </Alert>
          ) : (
            <Slots slots={told} />
          )
        }
      </Answered>
    </Page>
  );
}
