import { Button } from '@mantine/core';
import { ArrowPathIcon, QueueListIcon } from '@heroicons/react/24/outline';
import { useState } from 'react';
import { Link } from 'react-router';
import { ledgerflow } from '../../api/client.ts';
import { useMay } from '../../api/session.ts';
import { paths } from '../../app/paths.ts';
import { FilterCard, TextFilter } from '../../ui/filters/index.ts';
import { Page, useFilters } from '../../ui/page/index.ts';
import { Answered, Empty, Refused } from '../../ui/states/index.ts';
import { DataTable, EXPORT_PAGE, ExportButton, moreOf } from '../../ui/table/index.ts';
import { columns, exported } from './columns.tsx';
import { keyOf, type Projection } from './projection.ts';
import { ProjectionDrawer } from './projection-drawer.tsx';
import { type ProjectionFilters, useProjectionNames, useProjections } from './queries.ts';
import { RebuildDialog } from './rebuild-dialog.tsx';
import type { Typed } from './rebuild-form.ts';
import { strings } from './strings.ts';

function Table({ filters, onRebuild }: { filters: ProjectionFilters; onRebuild: ((given: Partial<Typed>) => void) | null }) {
  const query = useProjections(filters, true);
  const [open, setOpen] = useState<string | null>(null);
  return (
    <Answered query={query}>
      {({ pages }) => {
        const rows = pages.flatMap(({ data }) => data);
        if (rows.length === 0) return <Empty title={Object.keys(filters).length > 0 ? strings.noneFiltered : strings.none} />;
        return (
          <>
            <DataTable
              label={strings.table}
              columns={columns(setOpen)}
              rows={rows}
              rowKey={keyOf}
              {...moreOf(query)}
              onOpen={(row) => setOpen(keyOf(row))}
              isSelected={(row) => keyOf(row) === open}
            />
            <ProjectionDrawer
              projection={rows.find((row) => keyOf(row) === open) ?? null}
              onClose={() => setOpen(null)}
              onRebuild={
                onRebuild === null
                  ? null
                  : ({ ledger, projection }: Projection) => {
                      setOpen(null);
                      onRebuild({ ledger, projection });
                    }
              }
            />
          </>
        );
      }}
    </Answered>
  );
}

export function Component() {
  const [filters, change] = useFilters(['ledger', 'projection']);
  const may = useMay();
  const names = useProjectionNames();
  const [given, setGiven] = useState<Partial<Typed> | null>(null);
  const mayList = may('listProjections');
  const mayRebuild = may('createRebuild');
  return (
    <Page
      title={strings.title}
      about={strings.about}
      actions={
        <>
          {mayList ? (
            <ExportButton
              name="projections"
              columns={exported}
              rows={(signal) => ledgerflow.listProjections({ ...filters, limit: EXPORT_PAGE }, { signal })}
            />
          ) : null}
          <Button variant="default" component={Link} to={paths.rebuilds()} leftSection={<QueueListIcon width={16} />}>
            {strings.rebuilds}
          </Button>
          {mayRebuild ? (
            <Button leftSection={<ArrowPathIcon width={16} />} onClick={() => setGiven({ ...filters })}>
              {strings.start}
            </Button>
          ) : null}
        </>
      }
    >
      {mayList ? (
        <>
          <FilterCard
            label={strings.filters}
            count={Object.keys(filters).length}
            onClear={() => change({ ledger: null, projection: null })}
            cols={{ base: 1, xs: 2, sm: 3, lg: 4 }}
          >
            <TextFilter label={strings.ledger} value={filters.ledger} onChange={(ledger) => change({ ledger })} />
            <TextFilter
              label={strings.projection}
              value={filters.projection}
              known={names}
              onChange={(projection) => change({ projection })}
            />
          </FilterCard>
          <Table filters={filters} onRebuild={mayRebuild ? setGiven : null} />
        </>
      ) : (
        <Refused>{strings.needsEvery}</Refused>
      )}
      <RebuildDialog given={given} onClose={() => setGiven(null)} />
    </Page>
  );
}
