import { useMemo } from 'react';
import { useNavigate } from 'react-router';
import { ledgerflow } from '../../api/client.ts';
import { useHeld } from '../../api/held.ts';
import { useLedger } from '../../api/ledger.ts';
import { pagesOf } from '../../api/queries.ts';
import { paths } from '../../app/paths.ts';
import { HeldNotice } from '../../ui/held/index.ts';
import { Page, useFilters } from '../../ui/page/index.ts';
import { Answered, Empty } from '../../ui/states/index.ts';
import { DataTable, EXPORT_PAGE, ExportButton, ListAge, moreOf } from '../../ui/table/index.ts';
import { columnsOf, exportColumnsOf } from './columns.tsx';
import { FilterBar } from './filter-bar.tsx';
import { faultsOf, FILTERS, readFilters, requestOf } from './filters.ts';
import { useTransactions } from './queries.ts';
import { strings } from './strings.ts';

export function Component() {
  const ledger = useLedger();
  const navigate = useNavigate();
  const [written, change] = useFilters(FILTERS);
  const filters = readFilters(written, ledger.currencies);
  const faults = faultsOf(filters, ledger.currencies);
  const request = requestOf(ledger.id, filters);
  const query = useTransactions(request);
  const held = useHeld(ledger.id, query.data?.pages[0]);
  const account = filters.account ?? null;
  const columns = useMemo(() => columnsOf(ledger.id, account), [ledger.id, account]);
  const exported = useMemo(() => exportColumnsOf(account), [account]);
  const isPossible = Object.keys(faults).length === 0;
  const isFiltered = Object.keys(filters).length > 0;
  return (
    <Page
      title={strings.title}
      about={strings.about}
      actions={
        <ExportButton
          name={`${ledger.id}-transactions`}
          columns={exported}
          rows={(signal) => ledgerflow.listTransactions({ ...request, limit: EXPORT_PAGE }, { signal })}
        />
      }
    >
      <FilterBar filters={filters} faults={faults} change={change} currencies={ledger.currencies} />
      <Answered query={query}>
        {({ pages }) => {
          const rows = pages.flatMap(({ data }) => data);
          const isNone = rows.length === 0 && !query.hasNextPage;
          return (
            <>
              <HeldNotice held={held} />
              <ListAge queryKey={pagesOf('listTransactions', request).queryKey} query={query} held={held}>
                {strings.count(rows.length, query.hasNextPage)}
              </ListAge>
              {isNone && isFiltered ? (
                <Empty title={isPossible ? strings.noneFound : strings.impossible}>
                  {isPossible ? strings.noneFoundDetail : strings.impossibleDetail}
                </Empty>
              ) : null}
              {isNone && !isFiltered ? <Empty title={strings.none}>{strings.noneDetail}</Empty> : null}
              {isNone ? null : (
                <DataTable
                  label={strings.title}
                  columns={columns}
                  rows={rows}
                  rowKey={({ id }) => id}
                  {...moreOf(query)}
                  onOpen={({ id }) => void navigate(paths.transaction(ledger.id, id))}
                />
              )}
            </>
          );
        }}
      </Answered>
    </Page>
  );
}
