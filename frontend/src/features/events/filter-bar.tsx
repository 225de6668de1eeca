import { Anchor, Button, Card, Group, SimpleGrid, Text } from '@mantine/core';
import { XMarkIcon } from '@heroicons/react/24/outline';
import { Link } from 'react-router';
import { paths } from '../../app/paths.ts';
import { TextFilter } from '../../ui/filters/index.ts';
import { AccountPicker } from '../accounts/shared.tsx';
import { type Change, type Filters } from './filters.ts';
import { strings } from './strings.ts';
import { TYPES } from './types.ts';

const text = strings.filters;
/** What is followed; it is in the address. */
export function FilterBar({ ledger, filters, change }: { ledger: string; filters: Filters; change: Change }) {
  const { account = null, type = null, actor = null } = filters;
  const isAnyChosen = account !== null || type !== null || actor !== null;
  return (
    <Card component="section" aria-label={text.label} padding="sm">
      <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="sm" verticalSpacing="xs">
        <AccountPicker label={text.account} value={account} hasSystemAccounts onChange={(next) => change({ account: next })} />
        <TextFilter
          label={text.type}
          placeholder={text.typeHint}
          known={TYPES}
          value={type ?? undefined}
          w="100%"
          onChange={(next) => change({ type: next })}
        />
        <TextFilter label={text.actor} value={actor ?? undefined} w="100%" onChange={(next) => change({ actor: next })} />
      </SimpleGrid>
      {isAnyChosen ? (
        <Group mt="sm" gap="sm">
          {account === null ? null : (
            <Text size="sm">
              {strings.following(account)}.{' '}
              <Anchor component={Link} to={paths.account(ledger, account)} inherit>
                {strings.accountPage}
              </Anchor>
            </Text>
          )}
          <Button
            size="xs"
            variant="subtle"
            leftSection={<XMarkIcon width={14} />}
            onClick={() => change({ account: null, type: null, actor: null })}
          >
            {text.clear}
          </Button>
        </Group>
      ) : null}
    </Card>
  );
}
