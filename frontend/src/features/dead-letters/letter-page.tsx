import { LedgerFlowProblem } from '@ledgerflow/client';
import { Anchor, Button, Code, Group, Stack, Text, Title } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { ArrowLeftIcon, ArrowPathIcon, TrashIcon } from '@heroicons/react/24/outline';
import { useState } from 'react';
import { Link, useParams } from 'react-router';
import { useMay } from '../../api/session.ts';
import { paths } from '../../app/paths.ts';
import { formatCount } from '../../ui/count/index.ts';
import { Facts } from '../../ui/facts/index.ts';
import { Notice } from '../../ui/notice/index.ts';
import { Page } from '../../ui/page/index.ts';
import { Answered } from '../../ui/states/index.ts';
import { Time } from '../../ui/time/index.ts';
import { StateBadge } from './columns.tsx';
import { DiscardDialog } from './discard.tsx';
import { notDiscardable, type WholeLetter } from './letter.ts';
import { discard, retry, useLetter, useRepair } from './queries.ts';
import { RecordView } from './record-view.tsx';
import { RepairState } from './repair-state.tsx';
import { strings } from './strings.ts';

function Accounts({ letter: { ledger, accounts, accountCount } }: { letter: WholeLetter }) {
  if (accountCount === 0) return strings.accountsNone;
  return (
    <Group gap="xs">
      {accounts.map((account) => (
        <Anchor key={account} component={Link} to={paths.account(ledger, account)} size="sm">
          {account}
        </Anchor>
      ))}
      {accountCount > accounts.length ? strings.accountsMore(accountCount - accounts.length) : null}
    </Group>
  );
}

function LetterFacts({ letter }: { letter: WholeLetter }) {
  const { ledger, projections, attempts, parkedAt, lastAttemptAt, recordBytes, record, state } = letter;
  const transaction = record?.transactionId;
  return (
    <Facts
      label={strings.letter}
      rows={[
        [strings.state, <StateBadge key="state" state={state} />],
        [
          strings.ledger,
          <Anchor key="ledger" component={Link} to={paths.overview(ledger)} size="sm">
            {ledger}
          </Anchor>,
        ],
        [strings.type, record?.type],
        [
          strings.transaction,
          transaction === undefined ? null : (
            <Anchor key="transaction" component={Link} to={paths.transaction(ledger, transaction)} size="sm">
              {transaction}
            </Anchor>
          ),
        ],
        [strings.actor, record?.actor],
        [strings.projections, projections.length === 0 ? null : projections.join(', ')],
        [strings.accounts, <Accounts key="accounts" letter={letter} />],
        [strings.attempts, attempts],
        [strings.lastAttemptAt, lastAttemptAt === null ? strings.never : <Time key="last" at={lastAttemptAt} precision="micro" />],
        [strings.parkedAt, <Time key="parked" at={parkedAt} precision="micro" />],
        [strings.bytes, strings.bytesOf(formatCount(recordBytes))],
      ]}
    />
  );
}

const Gone = ({ ledger }: { ledger: string }) => (
  <Notice tone="idle" title={strings.gone}>
    <Text size="sm">{strings.goneDetail}</Text>
    <Anchor component={Link} to={paths.audit({ ledger, source: 'gateway' })} size="sm">
      {strings.audit}
    </Anchor>
  </Notice>
);

/** What may be done with it, and why not. */
function useActions(letter: WholeLetter) {
  const may = useMay();
  const kept = notDiscardable(letter);
  const whyKept = kept === 'queued' ? strings.discardQueued : kept === 'balance' ? strings.discardBalance : null;
  return {
    mayRetry: may('retryDeadLetter'),
    mayDiscard: may('discardDeadLetter'),
    isRetryable: letter.state === 'refused',
    whyKept,
  };
}

function LetterPage({ letter, isGone }: { letter: WholeLetter; isGone: boolean }) {
  const { id, ledger, position, error } = letter;
  const repairing = useRepair();
  const { isBusy, repair, start } = repairing;
  const [isDiscard, setDiscard] = useState(false);
  const [isOpen, { open, close }] = useDisclosure();
  const { mayRetry, mayDiscard, isRetryable, whyKept } = useActions(letter);
  const isSettled = isGone || (repair !== null && repair.code === null && repair.state !== 'running');
  return (
    <Page
      title={strings.recordOf(formatCount(position), ledger)}
      about={letter.state === 'refused' ? strings.refusedAbout : strings.queuedAbout}
      actions={
        <>
          <Button variant="default" component={Link} to={paths.deadLetters({ ledger })} leftSection={<ArrowLeftIcon width={16} />}>
            {strings.back}
          </Button>
          {mayDiscard && !isSettled && whyKept === null ? (
            <Button variant="default" leftSection={<TrashIcon width={16} />} onClick={open} disabled={isBusy}>
              {strings.discard}
            </Button>
          ) : null}
          {mayRetry && !isSettled && isRetryable ? (
            <Button
              leftSection={<ArrowPathIcon width={16} />}
              loading={isBusy}
              onClick={() => {
                setDiscard(false);
                start(retry(id), ledger);
              }}
            >
              {strings.retry}
            </Button>
          ) : null}
        </>
      }
    >
      <RepairState repairing={repairing} isDiscard={isDiscard} />
      {isGone ? <Gone ledger={ledger} /> : null}
      {error === null || isSettled ? null : (
        <Stack gap="xs">
          <Title order={2}>{strings.why}</Title>
          <Code block style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
            {error}
          </Code>
        </Stack>
      )}
      <LetterFacts letter={letter} />
      {isSettled || whyKept === null || !isRetryable ? null : (
        <Text size="sm" c="dimmed">
          {whyKept}
        </Text>
      )}
      <RecordView letter={letter} />
      <DiscardDialog
        letter={letter}
        isOpen={isOpen}
        onClose={close}
        onDiscard={(reason) => {
          close();
          setDiscard(true);
          start(discard(id, reason), ledger);
        }}
      />
    </Page>
  );
}

export function Component() {
  const { deadLetter = '' } = useParams();
  const query = useLetter(deadLetter);
  const { data, error } = query;
  // What was looked at stays in sight when it is repaired meanwhile.
  const isGone = data !== undefined && error instanceof LedgerFlowProblem && error.status === 404;
  const asked = isGone ? { ...query, error: null } : query;
  if (data === undefined)
    return (
      <Page title={strings.letter}>
        <Answered query={asked} wayOn={{ to: paths.deadLetters(), label: strings.back }}>
          {() => null}
        </Answered>
      </Page>
    );
  return <Answered query={asked}>{(letter) => <LetterPage key={letter.id} letter={letter} isGone={isGone} />}</Answered>;
}
