import { Alert, Anchor, Button } from '@mantine/core';
import { PlusIcon } from '@heroicons/react/24/outline';
import type { Account } from '@ledgerflow/client';
import { useDisclosure } from '@mantine/hooks';
import { useNavigate } from 'react-router';
import { ledgerflow } from '../../../api/client.ts';
import { useHeld } from '../../../api/held.ts';
import { useLedger } from '../../../api/ledger.ts';
import { pagesOf } from '../../../api/queries.ts';
import { useMay } from '../../../api/session.ts';
import { paths } from '../../../app/paths.ts';
import { HeldNotice } from '../../../ui/held/index.ts';
import { Page, useFilters } from '../../../ui/page/index.ts';
import { Answered, Empty } from '../../../ui/states/index.ts';
import { DataTable, ExportButton, ListAge } from '../../../ui/table/index.ts';
import { useRows } from '../queries.ts';
import { strings } from '../strings.ts';
import { columnsOf, EXPORT_COLUMNS } from './columns.tsx';
import { CreateAccount } from './create.tsx';
import { FILTERS, Filters } from './filters.tsx';
import { PAGE, questionOf } from './question.ts';

export function Component() {
  const ledger = useLedger();
  const may = useMay();
  const navigate = useNavigate();
  const [filters, change] = useFilters(FILTERS);
  const [isCreating, create] = useDisclosure();
  const isFiltered = Object.keys(filters).length > 0;
  const { operation, request } = questionOf(ledger.id, filters);
  const { query, rows, pages, hasMore, table } = useRows(operation, request);
  const held = useHeld(ledger.id, pages[0]);
  const mayOpen = may('openAccount', ledger.id);
  const open = ({ id }: Account): void => void navigate(paths.account(ledger.id, id));
  const isSample = pages.some((page) => 'isSample' in page && page.isSample === true);

  async function* all(signal: AbortSignal): AsyncGenerator<Account> {
    if (operation === 'searchAccounts') yield* ledgerflow.searchAccounts({ ...request, q: request.q ?? '', limit: PAGE }, { signal });
    else yield* ledgerflow.listAccounts(request, { signal });
  }

  return (
    <Page
      title={strings.title}
      about={strings.about}
      actions={
        <>
          <ExportButton name={`accounts-${ledger.id}`} columns={EXPORT_COLUMNS} rows={all} />
          {mayOpen ? (
            <Button leftSection={<PlusIcon width={16} />} onClick={create.open}>
              {strings.create.open}
            </Button>
          ) : null}
        </>
      }
    >
      <Filters filters={filters} change={change} currencies={ledger.currencies.map(({ code }) => code)} />
      {isSample ? <Alert color="cyan">{strings.list.sample}</Alert> : null}
      <Answered query={query}>
        {() => (
          <>
            <HeldNotice held={held} />
            <ListAge queryKey={pagesOf(operation, request).queryKey} query={query} held={held}>
              {strings.list.count(rows.length, hasMore)}
            </ListAge>
            {rows.length === 0 ? (
              <Empty title={strings.list.none}>
                {isFiltered ? strings.list.noneFiltered : strings.list.noneYet}{' '}
                {isFiltered ? (
                  <Anchor component="button" onClick={() => change(Object.fromEntries(FILTERS.map((name) => [name, null])))}>
                    {strings.list.clear}
                  </Anchor>
                ) : null}
              </Empty>
            ) : (
              <DataTable label={strings.title} columns={columnsOf(ledger.id)} rowKey={({ id }) => id} onOpen={open} {...table} />
            )}
          </>
        )}
      </Answered>
      <CreateAccount isOpen={isCreating} onClose={create.close} />
    </Page>
  );
}
