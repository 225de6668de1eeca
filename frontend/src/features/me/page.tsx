import { Badge, Button, Card, Group, SimpleGrid, Stack, Table, Text, Title } from '@mantine/core';
import { ArrowRightStartOnRectangleIcon, CheckIcon, XMarkIcon } from '@heroicons/react/24/outline';
import type { OperationId } from '@ledgerflow/client';
import type { ReactNode } from 'react';
import { accessOf, may, type Me } from '../../api/access.ts';
import { SIGN_OUT_PATH, useMe } from '../../api/session.ts';
import { Id } from '../../ui/copy/index.ts';
import { Page } from '../../ui/page/index.ts';
import { Time } from '../../ui/time/index.ts';
import { strings } from './strings.ts';

const Fact = ({ name, children }: { name: string; children: ReactNode }) => (
  <Stack gap={2}>
    <Text size="xs" c="dimmed">
      {name}
    </Text>
    <div>{children}</div>
  </Stack>
);

const badges = (values: readonly string[]) => (
  <Group gap={4}>
    {values.map((value) => (
      <Badge key={value} variant="light" tt="none">
        {value}
      </Badge>
    ))}
  </Group>
);

function needsOf(operation: OperationId): string {
  const { roles, grant } = accessOf(operation);
  const role = roles === null ? strings.anybody : strings.role(roles);
  if (grant === 'every') return `${role} ${strings.grantAll}`;
  return grant === 'none' ? role : `${role} ${strings.grantOwn}`;
}

function Rights({ me }: { me: Me }) {
  return (
    <Table aria-label={strings.rightsLabel}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{strings.action}</Table.Th>
          <Table.Th w="6rem">{strings.you}</Table.Th>
          <Table.Th visibleFrom="sm">{strings.needs}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {(Object.entries(strings.actions) as [OperationId, string][]).map(([operation, what]) => {
          const isAllowed = may(me, operation);
          return (
            <Table.Tr key={operation}>
              <Table.Td>{what}</Table.Td>
              <Table.Td>
                <Group gap={6} wrap="nowrap">
                  {isAllowed ? <CheckIcon width={16} aria-hidden /> : <XMarkIcon width={16} aria-hidden />}
                  <span>{isAllowed ? strings.yes : strings.no}</span>
                </Group>
              </Table.Td>
              <Table.Td visibleFrom="sm">
                <Text size="sm" c="dimmed">
                  {needsOf(operation)}
                </Text>
              </Table.Td>
            </Table.Tr>
          );
        })}
      </Table.Tbody>
    </Table>
  );
}

export function Component() {
  const me = useMe();
  return (
    <Page
      title={strings.title}
      about={strings.about}
      actions={
        <Button component="a" href={SIGN_OUT_PATH} variant="default" leftSection={<ArrowRightStartOnRectangleIcon width={16} />}>
          {strings.signOut}
        </Button>
      }
    >
      <Card component="section">
        <Title order={2} mb="sm">
          {strings.session}
        </Title>
        <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }}>
          <Fact name={strings.id}>
            <Id value={me.id} label={strings.copyId} />
          </Fact>
          <Fact name={strings.roles}>{me.roles.length === 0 ? strings.noRoles : badges(me.roles)}</Fact>
          <Fact name={strings.grants}>
            {me.ledgers.length === 0 ? strings.noGrants : badges(me.ledgers.includes('*') ? [strings.allLedgers] : me.ledgers)}
          </Fact>
          <Fact name={strings.expires}>
            <Time at={me.expiresAt} />
          </Fact>
          <Fact name={strings.zone}>{Intl.DateTimeFormat().resolvedOptions().timeZone}</Fact>
        </SimpleGrid>
      </Card>
      <Card component="section">
        <Title order={2} mb="sm">
          {strings.rights}
        </Title>
        <Rights me={me} />
      </Card>
    </Page>
  );
}
