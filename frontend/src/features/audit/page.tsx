import { Button, Group, Text } from '@mantine/core';
import { ArrowPathIcon } from '@heroicons/react/24/outline';
import { useState } from 'react';
import { ledgerflow } from '../../api/client.ts';
import { useMay } from '../../api/session.ts';
import { Page, useFilters } from '../../ui/page/index.ts';
import { Answered, Empty } from '../../ui/states/index.ts';
import { DataTable, EXPORT_PAGE, ExportButton, moreOf } from '../../ui/table/index.ts';
import { AuditFilters } from './audit-filters.tsx';
import { columns, exported } from './columns.tsx';
import { type AuditFilters as Asked, type Entry, FILTERS, placeOf } from './entry.ts';
import { EntryDrawer } from './entry-drawer.tsx';
import { NdjsonExport } from './ndjson-export.tsx';
import { useAudit } from './queries.ts';
import { strings } from './strings.ts';

function Entries({ audit, isFiltered }: { audit: ReturnType<typeof useAudit>; isFiltered: boolean }) {
  const { query, isWaiting } = audit;
  const { hasNextPage, fetchNextPage, isFetchingNextPage } = query;
  const may = useMay();
  const [open, setOpen] = useState<string | null>(null);
  const shown = columns({ open: setOpen, placeOf: (entry) => placeOf(entry, may) });
  return (
    <Answered query={query}>
      {({ pages }) => {
        const rows: Entry[] = pages.flatMap(({ data }) => data);
        if (rows.length === 0 && !hasNextPage)
          return <Empty title={isFiltered ? strings.noneFiltered : strings.none}>{isFiltered ? strings.noneFilteredDetail : null}</Empty>;
        const opened = rows.find(({ id }) => id === open) ?? null;
        return (
          <>
            <DataTable
              label={strings.table}
              columns={shown}
              rows={rows}
              rowKey={({ id }) => id}
              {...moreOf(query)}
              {...(isWaiting ? { more: null } : {})}
              onOpen={({ id }) => setOpen(id)}
              isSelected={({ id }) => id === open}
            />
            {isWaiting && !isFetchingNextPage ? (
              <Group gap="sm">
                <Button variant="default" onClick={() => void fetchNextPage()}>
                  {strings.further}
                </Button>
                <Text size="sm" c="dimmed">
                  {strings.furtherDetail}
                </Text>
              </Group>
            ) : null}
            <EntryDrawer entry={opened} place={opened === null ? null : placeOf(opened, may)} onClose={() => setOpen(null)} />
          </>
        );
      }}
    </Answered>
  );
}

export function Component() {
  const [values, change] = useFilters(FILTERS);
  // What is in the address and is none of these is the gateway's to refuse.
  const filters = values as Asked;
  const audit = useAudit(filters);
  const may = useMay();
  return (
    <Page
      title={strings.title}
      about={strings.about}
      actions={
        <>
          <Button variant="default" leftSection={<ArrowPathIcon width={16} />} onClick={audit.again}>
            {strings.again}
          </Button>
          <ExportButton
            name="audit"
            columns={exported}
            rows={(signal) => ledgerflow.listAudit({ ...filters, limit: EXPORT_PAGE }, { signal })}
          />
          {may('exportAudit') ? <NdjsonExport filters={filters} onContinue={(to) => change({ to })} /> : null}
        </>
      }
    >
      <AuditFilters values={values} change={change} />
      <Entries audit={audit} isFiltered={Object.keys(values).length > 0} />
    </Page>
  );
}
