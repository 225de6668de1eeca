import { Anchor, Group } from '@mantine/core';
import { ArrowLeftIcon } from '@heroicons/react/24/outline';
import { Link, useParams } from 'react-router';
import { useLedger } from '../../api/ledger.ts';
import { paths } from '../../app/paths.ts';
import { Page } from '../../ui/page/index.ts';
import { Answered } from '../../ui/states/index.ts';
import { Detail } from './detail.tsx';
import { useTransaction } from './queries.ts';
import { strings } from './strings.ts';

export function Component() {
  const { transaction = '' } = useParams();
  const ledger = useLedger();
  const query = useTransaction(ledger.id, transaction);
  return (
    <Page
      title={strings.one(transaction)}
      about={
        <Anchor component={Link} to={paths.transactions(ledger.id)} inherit>
          <Group gap={4} component="span" display="inline-flex">
            <ArrowLeftIcon width={14} aria-hidden />
            {strings.all}
          </Group>
        </Anchor>
      }
    >
      <Answered query={query} wayOn={{ to: paths.transactions(ledger.id), label: strings.all }}>
        {(found) => <Detail ledger={ledger.id} transaction={found} />}
      </Answered>
    </Page>
  );
}
