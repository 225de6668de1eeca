import { Anchor, Table, Text } from '@mantine/core';
import type { Movement } from '@ledgerflow/client';
import { Link } from 'react-router';
import { paths } from '../../../app/paths.ts';
import { Money } from '../../../ui/money/index.ts';
import { changesOf } from '../intent/changes.ts';
import { type Command, currenciesOf } from '../intent/command.ts';
import classes from '../money.module.css';
import { strings } from '../strings.ts';

const WORLD = '@world:';

const currencyProps = (currency: string | undefined) => (currency === undefined ? {} : { currency });

/** What a transaction does, or did, to each account's balance. */
export function Changes({ ledger, command, movement, label }: { ledger: string; command: Command; movement: Movement; label: string }) {
  const currencies = currenciesOf(command);
  return (
    <Table aria-label={label} highlightOnHover={false} className={classes['changes'] ?? ''}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{strings.account}</Table.Th>
          <Table.Th ta="end" visibleFrom="sm">
            {strings.before}
          </Table.Th>
          <Table.Th ta="end" visibleFrom="sm">
            {strings.change}
          </Table.Th>
          <Table.Th ta="end">{strings.after}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {changesOf(movement).map(({ account, moved, before, after }) => (
          <Table.Tr key={account}>
            <Table.Td>
              <Anchor component={Link} to={paths.account(ledger, account)} className="id">
                {account}
              </Anchor>
              {account.startsWith(WORLD) ? (
                <Text size="xs" c="dimmed">
                  {strings.outside}
                </Text>
              ) : null}
            </Table.Td>
            <Table.Td ta="end" visibleFrom="sm">
              <Money amount={before} />
            </Table.Td>
            <Table.Td ta="end" visibleFrom="sm">
              <Money amount={moved} signed />
            </Table.Td>
            <Table.Td ta="end">
              <Money amount={after} fw={600} {...currencyProps(currencies.get(account))} />
              <Text size="sm" hiddenFrom="sm">
                <Money amount={moved} signed />
              </Text>
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
