import { Alert, Anchor, Group, Stack, Tabs, Text } from '@mantine/core';
import { ChevronLeftIcon, LockClosedIcon, NoSymbolIcon } from '@heroicons/react/24/outline';
import type { Account } from '@ledgerflow/client';
import { Link, useParams } from 'react-router';
import { useLedger } from '../../../api/ledger.ts';
import { paths } from '../../../app/paths.ts';
import { Copy } from '../../../ui/copy/index.ts';
import { Page, useFilters } from '../../../ui/page/index.ts';
import { Answered } from '../../../ui/states/index.ts';
import { useAccount, useFollow } from '../queries.ts';
import { Status } from '../status.tsx';
import { strings } from '../strings.ts';
import { Travel } from '../travel/panel.tsx';
import { Actions } from './actions.tsx';
import { History } from './history.tsx';
import { Metadata } from './metadata-list.tsx';
import { Statement } from './statement.tsx';
import { Summary } from './summary.tsx';

const text = strings.account;
const TABS = ['statement', 'history', 'details'] as const;
type Tab = (typeof TABS)[number];

export function Component() {
  const { account = '' } = useParams();
  const ledger = useLedger();
  const query = useAccount(ledger.id, account);
  return (
    <Page
      title={account}
      about={<About account={query.data ?? null} ledger={ledger.id} id={account} />}
      actions={query.data === undefined ? null : <Actions ledger={ledger.id} account={query.data} />}
    >
      <Answered query={query} wayOn={{ to: paths.accounts(ledger.id), label: text.back }}>
        {(data) => <Found key={data.id} account={data} ledger={ledger.id} />}
      </Answered>
    </Page>
  );
}

function About({ account, ledger, id }: { account: Account | null; ledger: string; id: string }) {
  return (
    <Group gap="xs" component="span">
      <Anchor component={Link} to={paths.accounts(ledger)} inherit>
        <ChevronLeftIcon width={12} aria-hidden /> {text.back}
      </Anchor>
      <Copy value={id} label={text.copy} />
      {account === null ? null : (
        <>
          {account.name === undefined || account.name === null || account.name === '' ? null : (
            <Text component="span" inherit c="var(--mantine-color-text)">
              {account.name}
            </Text>
          )}
          <Status status={account.status} freezeScope={account.freezeScope} />
          {id.startsWith('@') ? <span>{text.system}</span> : null}
        </>
      )}
    </Group>
  );
}

function StatusNote({ account }: { account: Account }) {
  if (account.status === 'closed')
    return (
      <Alert color="gray" icon={<NoSymbolIcon />}>
        {text.isClosed}
      </Alert>
    );
  if (account.status !== 'frozen') return null;
  const scope = account.freezeScope ?? 'all';
  return (
    <Alert color="blue" icon={<LockClosedIcon />}>
      {text.isFrozen[scope] ?? text.isFrozenOther(scope)}
    </Alert>
  );
}

function Found({ account, ledger }: { account: Account; ledger: string }) {
  useFollow(ledger, account);
  const [filters, change] = useFilters(['at', 'effectiveAt', 'tab', 'from', 'to', 'order'] as const);
  const { tab: asked, from, to, order, ...moment } = filters;
  const tab: Tab = TABS.find((one) => one === asked) ?? 'statement';
  const span = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
  return (
    <Stack gap="md">
      <StatusNote account={account} />
      <Summary account={account} />
      <Travel ledger={ledger} now={account} moment={moment} onMoment={change} />
      <Tabs
        value={tab}
        onChange={(value) => change({ tab: value === 'statement' ? null : value })}
        keepMounted={false}
        component="section"
        aria-label={text.tabs[tab]}
      >
        <Tabs.List mb="sm">
          {TABS.map((one) => (
            <Tabs.Tab key={one} value={one}>
              {text.tabs[one]}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="statement">
          <Statement
            ledger={ledger}
            account={account}
            span={span}
            order={order}
            onChange={change}
            onMoment={(at) => change({ at, effectiveAt: null })}
          />
        </Tabs.Panel>
        <Tabs.Panel value="history">
          <History ledger={ledger} account={account.id} />
        </Tabs.Panel>
        <Tabs.Panel value="details">
          <Metadata account={account} />
        </Tabs.Panel>
      </Tabs>
    </Stack>
  );
}
