import type { Ledger } from '@ledgerflow/client';
import { Anchor, Badge, Button, Group } from '@mantine/core';
import { PlusIcon } from '@heroicons/react/24/outline';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { Link, useNavigate } from 'react-router';
import { paths } from '../../app/paths.ts';
import { ledgerflow } from '../../api/client.ts';
import { pagesOf } from '../../api/queries.ts';
import { useMay } from '../../api/session.ts';
import { formatAmount } from '../../ui/money/index.ts';
import { Page } from '../../ui/page/index.ts';
import { Answered, Empty } from '../../ui/states/index.ts';
import { type Column, DataTable, ExportButton, moreOf } from '../../ui/table/index.ts';
import { Time } from '../../ui/time/index.ts';
import { AddCurrency } from './add-currency.tsx';
import { OpenLedger } from './open-ledger.tsx';
import { strings } from './strings.ts';

const PAGE = 200;
const CURRENCIES_SHOWN = 4;

function columnsOf(onAdd: ((ledger: string) => void) | null): Column<Ledger>[] {
  const { columns } = strings;
  const all: Column<Ledger>[] = [
    {
      id: 'id',
      title: columns.id,
      cell: ({ id }) => (
        <Anchor component={Link} to={paths.overview(id)} inherit fw={500}>
          {id}
        </Anchor>
      ),
      narrow: ({ recordedAt }) => <Time at={recordedAt} />,
      text: ({ id }) => id,
    },
    {
      id: 'currencies',
      title: columns.currencies,
      narrowWidth: '32%',
      cell: ({ currencies }) => (
        <Group gap={4} wrap="nowrap">
          {currencies.slice(0, CURRENCIES_SHOWN).map(({ code }) => (
            <Badge key={code} variant="default" size="sm">
              {code}
            </Badge>
          ))}
          {currencies.length > CURRENCIES_SHOWN ? `+${currencies.length - CURRENCIES_SHOWN}` : null}
        </Group>
      ),
      text: ({ currencies }) => currencies.map(({ code }) => code).join(' '),
    },
    {
      id: 'position',
      title: columns.position,
      align: 'right',
      width: '8rem',
      narrowWidth: '5.5rem',
      cell: ({ position }) => formatAmount(position),
      text: ({ position }) => position,
    },
    {
      id: 'recordedAt',
      title: columns.recordedAt,
      width: '10.75rem',
      isWideOnly: true,
      cell: ({ recordedAt }) => <Time at={recordedAt} />,
      text: ({ recordedAt }) => recordedAt,
    },
    {
      id: 'openedAt',
      title: columns.openedAt,
      width: '10.75rem',
      shownFrom: 'large',
      cell: ({ openedAt }) => <Time at={openedAt} />,
      text: ({ openedAt }) => openedAt,
    },
  ];
  if (onAdd !== null)
    all.push({
      id: 'actions',
      title: columns.actions,
      width: '9rem',
      align: 'right',
      isWideOnly: true,
      cell: ({ id }) => (
        <Button size="compact-xs" variant="default" onClick={() => onAdd(id)} aria-label={strings.addLabel(id)}>
          {strings.add}
        </Button>
      ),
    });
  return all;
}

export function Component() {
  const may = useMay();
  const navigate = useNavigate();
  const [isOpening, setOpening] = useState(false);
  const [addingTo, setAddingTo] = useState<string | null>(null);
  const query = useInfiniteQuery(pagesOf('listLedgers', { limit: PAGE }));
  const mayOpen = may('openLedger');
  const mayAdd = may('addCurrency');
  const columns = useMemo(() => columnsOf(mayAdd ? setAddingTo : null), [mayAdd]);
  const openButton = mayOpen ? (
    <Button leftSection={<PlusIcon width={16} />} onClick={() => setOpening(true)}>
      {strings.open}
    </Button>
  ) : null;
  return (
    <Page
      title={strings.title}
      about={strings.about}
      actions={
        <>
          <ExportButton name="ledgers" columns={columns} rows={(signal) => ledgerflow.listLedgers({ limit: 1_000 }, { signal })} />
          {openButton}
        </>
      }
    >
      <Answered query={query}>
        {({ pages }) => {
          const rows = pages.flatMap(({ data }) => data);
          if (rows.length === 0) return <Empty title={strings.none}>{mayOpen ? strings.noneMayOpen : strings.noneMayNot}</Empty>;
          return <DataTable label={strings.label} columns={columns} rows={rows} rowKey={({ id }) => id} {...moreOf(query)} />;
        }}
      </Answered>
      {isOpening ? <OpenLedger isOpen onClose={() => setOpening(false)} onOpened={({ id }) => void navigate(paths.overview(id))} /> : null}
      {addingTo === null ? null : <AddCurrency ledger={addingTo} onClose={() => setAddingTo(null)} />}
    </Page>
  );
}
