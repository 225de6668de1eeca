import { Stack, Text } from '@mantine/core';
import { formatCount } from '../../ui/count/index.ts';
import { Notice } from '../../ui/notice/index.ts';
import { Page } from '../../ui/page/index.ts';
import { Stat, Stats } from '../../ui/stat/index.ts';
import { Answered, Empty } from '../../ui/states/index.ts';
import { DataTable, ExportButton } from '../../ui/table/index.ts';
import { formatDuration, fromDate, Time } from '../../ui/time/index.ts';
import { columns, exported } from './columns.tsx';
import { useOutbox } from './queries.ts';
import { type Slot, totalsOf, worstFirst } from './slots.ts';
import { strings } from './strings.ts';

/** Those of the worst slots, as they are: the table has no room for them. */
const ERRORS_SHOWN = 3;

function LastErrors({ slots }: { slots: readonly Slot[] }) {
  const failed = slots.filter(({ lastError }) => lastError !== null);
  if (failed.length === 0) return null;
  return (
    <Notice tone="bad" title={strings.lastErrors}>
      {failed.slice(0, ERRORS_SHOWN).map(({ cluster, slot, lastError, lastErrorAt }) => (
        <Text key={`${cluster} ${slot}`} size="sm">
          {strings.slotOf(cluster, slot)}: {lastError} {lastErrorAt === null ? null : <Time at={lastErrorAt} />}
        </Text>
      ))}
      {failed.length > ERRORS_SHOWN ? <Text size="sm">{strings.errorsMore(failed.length - ERRORS_SHOWN)}</Text> : null}
    </Notice>
  );
}

function Slots({ slots }: { slots: readonly Slot[] }) {
  if (slots.length === 0) return <Empty title={strings.none}>{strings.noneDetail}</Empty>;
  const worst = worstFirst(slots);
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
      <LastErrors slots={worst} />
      <DataTable label={strings.table} columns={columns} rows={worst} rowKey={({ cluster, slot }) => `${cluster} ${slot}`} />
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
            <Notice tone="idle" title={strings.off}>
              {strings.offDetail}
            </Notice>
          ) : (
            <Slots slots={told} />
          )
        }
      </Answered>
    </Page>
  );
}
