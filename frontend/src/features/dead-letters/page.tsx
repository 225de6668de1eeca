import { Select } from '@mantine/core';
import { useNavigate } from 'react-router';
import { ledgerflow } from '../../api/client.ts';
import { useMay } from '../../api/session.ts';
import { paths } from '../../app/paths.ts';
import { FilterCard, TextFilter } from '../../ui/filters/index.ts';
import { Page, useFilters } from '../../ui/page/index.ts';
import { Answered, Empty } from '../../ui/states/index.ts';
import { DataTable, EXPORT_PAGE, ExportButton, moreOf } from '../../ui/table/index.ts';
import { columns } from './columns.tsx';
import { type LetterFilters, useLetters, useRepair } from './queries.ts';
import { RepairState } from './repair-state.tsx';
import { RetryAll } from './retry-all.tsx';
import { strings } from './strings.ts';

export function Component() {
  const [filters, change] = useFilters(['ledger', 'account', 'state']);
  // A state that is none is the gateway's to refuse.
  const asked = filters as LetterFilters;
  const query = useLetters(asked);
  const repairing = useRepair();
  const may = useMay();
  const navigate = useNavigate();
  const isFiltered = Object.keys(filters).length > 0;
  // Of an account or a state says nothing of the others.
  const isAll = filters.account === undefined && filters.state === undefined;
  const isNothing = isAll && query.data?.pages.every(({ data }) => data.length === 0) === true && !query.hasNextPage;
  return (
    <Page
      title={strings.title}
      about={strings.about}
      actions={
        <>
          <ExportButton
            name="dead-letters"
            columns={columns}
            rows={(signal) => ledgerflow.listDeadLetters({ ...asked, limit: EXPORT_PAGE }, { signal })}
          />
          {may('retryAllDeadLetters') ? <RetryAll ledger={filters.ledger ?? ''} repairing={repairing} isNothing={isNothing} /> : null}
        </>
      }
    >
      <RepairState repairing={repairing} />
      <FilterCard
        label={strings.filters}
        count={Object.keys(filters).length}
        onClear={() => change({ ledger: null, account: null, state: null })}
        cols={{ base: 1, xs: 3, lg: 4 }}
      >
        <TextFilter
          label={strings.ledger}
          value={filters.ledger}
          onChange={(ledger) => change(ledger === null ? { ledger, account: null } : { ledger })}
        />
        <TextFilter
          label={strings.account}
          value={filters.account}
          isDisabled={filters.ledger === undefined}
          {...(filters.ledger === undefined ? { placeholder: strings.accountNeedsLedger } : {})}
          onChange={(account) => change({ account })}
        />
        <Select
          label={strings.state}
          data={Object.entries(strings.states).map(([value, label]) => ({ value, label }))}
          value={filters.state ?? null}
          placeholder={strings.anyState}
          clearable
          onChange={(state) => change({ state })}
        />
      </FilterCard>
      <Answered query={query}>
        {({ pages }) => {
          const rows = pages.flatMap(({ data }) => data);
          if (rows.length === 0 && !query.hasNextPage)
            return <Empty title={isFiltered ? strings.noneFiltered : strings.none}>{isFiltered ? null : strings.noneDetail}</Empty>;
          return (
            <DataTable
              label={strings.table}
              columns={columns}
              rows={rows}
              rowKey={({ id }) => id}
              {...moreOf(query)}
              onOpen={({ id }) => void navigate(paths.deadLetter(id))}
            />
          );
        }}
      </Answered>
    </Page>
  );
}
