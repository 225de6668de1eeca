import { Anchor, Button, Checkbox, Group, List, Modal, Radio, Stack, Text, Textarea } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { type Account, LedgerFlowProblem } from '@ledgerflow/client';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import { ledgerflow } from '../../../api/client.ts';
import { useUnderKey } from '../../../api/intent.ts';
import { paths } from '../../../app/paths.ts';
import { formatAmount } from '../../../ui/money/index.ts';
import { signOf } from '../../../ui/money/sum.ts';
import { Notice } from '../../../ui/notice/index.ts';
import { tell } from '../../../ui/problem/index.ts';
import { useDoubt } from '../command.ts';
import { CommandForm, useLock } from '../command-form.tsx';
import { useChanged } from '../queries.ts';
import { strings } from '../strings.ts';

export type Change = 'freeze' | 'unfreeze' | 'close';
type FreezeScope = 'all' | 'debits';
const text = strings.change;
const REASON_MAX = 1_024;
const TITLES = { freeze: text.freezeTitle, unfreeze: text.unfreezeTitle, close: text.closeTitle };
const MEANS = { freeze: text.freezeMeans, unfreeze: text.unfreezeMeans, close: text.closeMeans };
const DONE = { freeze: text.frozen, unfreeze: text.unfrozen, close: text.closed };

export interface ChangeStatusProps {
  ledger: string;
  account: Account;
  /** null: not asked. */
  change: Change | null;
  onClose: () => void;
}

export function ChangeStatus({ ledger, account, change, onClose }: ChangeStatusProps) {
  const { dialog, onLock } = useLock(onClose);
  return (
    <Modal {...dialog} opened={change !== null} title={change === null ? '' : TITLES[change](account.id)} size="md">
      {change === null ? null : <Form ledger={ledger} account={account} change={change} onClose={onClose} onLock={onLock} />}
    </Modal>
  );
}

/** What has to be off the account before it can be closed. */
function obstaclesOf({ posted, held, currency }: Account): string[] {
  return [
    ...(signOf(posted) === 0 ? [] : [text.closePosted(`${formatAmount(posted)} ${currency}`)]),
    ...(signOf(held) === 0 ? [] : [text.closeHeld(`${formatAmount(held)} ${currency}`)]),
  ];
}

function mistakeOf(reason: string): string | null {
  if (reason.trim() === '') return text.reasonMissing;
  return reason.trim().length > REASON_MAX ? strings.create.mistakes.long(REASON_MAX) : null;
}

function Form({ ledger, account, change, onClose, onLock }: ChangeStatusProps & { change: Change; onLock: (isLocked: boolean) => void }) {
  const changedTo = useChanged(ledger);
  const underKey = useUnderKey();
  const [reason, setReason] = useState('');
  const [scope, setScope] = useState<FreezeScope>('all');
  const [isSure, setIsSure] = useState(false);
  const [mistake, setMistake] = useState<string | null>(null);
  const obstacles = change === 'close' ? obstaclesOf(account) : [];
  const changing = useMutation({
    mutationFn: () => {
      const of = { ledger, account: account.id };
      const body = { reason: reason.trim() };
      return underKey({ ...of, change, body, scope }, (idempotencyKey) => {
        const options = { idempotencyKey };
        if (change === 'freeze') return ledgerflow.freezeAccount({ ...of, body: { ...body, scope } }, options);
        return change === 'unfreeze'
          ? ledgerflow.unfreezeAccount({ ...of, body }, options)
          : ledgerflow.closeAccount({ ...of, body }, options);
      });
    },
    onSuccess: (answer) => {
      changedTo(answer);
      notifications.show({ message: DONE[change], color: 'teal' });
      onClose();
    },
    onError: (failure) => void doubt.onError(failure),
  });
  const doubt = useDoubt(changing.isPending, onLock);
  const { error } = changing;
  const reasonError = error instanceof LedgerFlowProblem && error.field === 'reason' ? tell(error).detail : null;

  if (obstacles.length > 0 && !doubt.isLocked) return <NotYet ledger={ledger} account={account} obstacles={obstacles} onClose={onClose} />;
  return (
    <CommandForm
      onSubmit={(event) => {
        event.preventDefault();
        if (changing.isPending) return;
        const found = mistakeOf(reason);
        setMistake(found);
        if (found === null) changing.mutate();
      }}
      onCancel={onClose}
      doubt={doubt}
      isPending={changing.isPending}
      error={error}
      isToldElsewhere={reasonError !== null}
      submit={change === 'close' ? text.closeSubmit : strings.account[change]}
      button={change === 'close' ? { color: 'red.9', disabled: !isSure } : {}}
    >
      <Text size="sm">{MEANS[change]}</Text>
      {change === 'freeze' ? <Scope value={scope} onChange={setScope} /> : null}
      <Textarea
        label={text.reason}
        description={text.reasonHint}
        required
        autosize
        minRows={2}
        data-autofocus
        value={reason}
        error={mistake ?? reasonError}
        onChange={(event) => {
          setReason(event.currentTarget.value);
          setMistake(null);
        }}
      />
      {change === 'close' ? (
        <Checkbox label={text.closeConfirm} checked={isSure} onChange={(event) => setIsSure(event.currentTarget.checked)} />
      ) : null}
    </CommandForm>
  );
}

const Scope = ({ value, onChange }: { value: FreezeScope; onChange: (value: FreezeScope) => void }) => (
  <Radio.Group label={text.freezeWhat} value={value} onChange={(chosen) => onChange(chosen as FreezeScope)}>
    <Stack gap={6} mt={6}>
      <Radio value="all" label={text.freezeAll} />
      <Radio value="debits" label={text.freezeDebits} />
    </Stack>
  </Radio.Group>
);

/** Why it can not be closed, instead of a form that would be refused. */
function NotYet({
  ledger,
  account,
  obstacles,
  onClose,
}: Pick<ChangeStatusProps, 'ledger' | 'account' | 'onClose'> & { obstacles: readonly string[] }) {
  return (
    <Stack gap="sm">
      <Notice tone="warn" title={text.closeNot}>
        <List size="sm">
          {obstacles.map((obstacle) => (
            <List.Item key={obstacle}>{obstacle}</List.Item>
          ))}
        </List>
      </Notice>
      <Group justify="space-between">
        <Anchor component={Link} to={paths.move(ledger, { from: account.id })} size="sm">
          {strings.account.move}
        </Anchor>
        <Button variant="default" onClick={onClose}>
          {strings.cancel}
        </Button>
      </Group>
    </Stack>
  );
}
