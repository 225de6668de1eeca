import { Button } from '@mantine/core';
import { ArrowPathIcon, CircleStackIcon } from '@heroicons/react/24/outline';
import { useState } from 'react';
import { Link, useNavigate } from 'react-router';
import { ledgerflow } from '../../api/client.ts';
import { useMay } from '../../api/session.ts';
import { paths } from '../../app/paths.ts';
import { FilterCard, TextFilter } from '../../ui/filters/index.ts';
import { Page, useFilters } from '../../ui/page/index.ts';
import { Answered, Empty } from '../../ui/states/index.ts';
import { DataTable, EXPORT_PAGE, ExportButton, moreOf } from '../../ui/table/index.ts';
import { ALL, useProjectionNames, useRebuilds } from './queries.ts';
import { rebuildColumns } from './rebuild-columns.tsx';
import { RebuildDialog } from './rebuild-dialog.tsx';
import { strings } from './strings.ts';

export function Component() {
  const [filters, change] = useFilters(['projection']);
  const projection = filters.projection ?? ALL;
  const query = useRebuilds(projection);
  const names = useProjectionNames();
  const may = useMay();
  const navigate = useNavigate();
  const [isAsking, setAsking] = useState(false);
  return (
    <Page
      title={strings.rebuilds}
      about={strings.rebuildsAbout}
      actions={
        <>
          <ExportButton
            name="rebuilds"
            columns={rebuildColumns}
            rows={(signal) => ledgerflow.listRebuilds({ projection, limit: EXPORT_PAGE }, { signal })}
          />
          <Button variant="default" component={Link} to={paths.projections()} leftSection={<CircleStackIcon width={16} />}>
            {strings.toProjections}
          </Button>
          {may('createRebuild') ? (
            <Button leftSection={<ArrowPathIcon width={16} />} onClick={() => setAsking(true)}>
              {strings.start}
            </Button>
          ) : null}
        </>
      }
    >
      <FilterCard
        label={strings.rebuildsFilter}
        count={Object.keys(filters).length}
        onClear={() => change({ projection: null })}
        cols={{ base: 1, xs: 2, sm: 3, lg: 4 }}
      >
        <TextFilter label={strings.projection} value={filters.projection} known={names} onChange={(name) => change({ projection: name })} />
      </FilterCard>
      <Answered query={query}>
        {({ pages }) => {
          const rows = pages.flatMap(({ data }) => data);
          if (rows.length === 0) return <Empty title={strings.noRebuilds}>{strings.noRebuildsDetail}</Empty>;
          return (
            <DataTable
              label={strings.rebuildsTable}
              columns={rebuildColumns}
              rows={rows}
              rowKey={({ id }) => id}
              {...moreOf(query)}
              onOpen={({ id }) => void navigate(paths.rebuild(id))}
            />
          );
        }}
      </Answered>
      <RebuildDialog given={isAsking ? {} : null} onClose={() => setAsking(false)} />
    </Page>
  );
}
