import type { Ledger } from '@ledgerflow/client';
import { LedgerFlowProblem } from '@ledgerflow/client';
import { Button, Group, Modal, Stack, TagsInput, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { ledgerflow } from '../../api/client.ts';
import { isId } from '../../api/id.ts';
import { isPast, useOnce, useUnderKey } from '../../api/intent.ts';
import { keys } from '../../api/keys.ts';
import { Problem } from '../../ui/problem/index.ts';
import { strings } from './strings.ts';

/** Typed or pasted with commas or blanks between. */
const codesIn = (text: string): string[] => [
  ...new Set(
    text
      .toUpperCase()
      .split(/[\s,;]+/)
      .filter((code) => code !== ''),
  ),
];

/** The form in which a ledger is opened. One press, one key: what is sent again after a lost answer is the same command. */
export function OpenLedger({ isOpen, onClose, onOpened }: { isOpen: boolean; onClose: () => void; onOpened: (ledger: Ledger) => void }) {
  const [id, setId] = useState('');
  const [currencies, setCurrencies] = useState<string[]>([]);
  const client = useQueryClient();
  const underKey = useUnderKey();
  const once = useOnce();
  const open = useMutation({
    mutationFn: () => {
      const request = { body: { id, currencies } };
      return underKey(request, (idempotencyKey) => ledgerflow.openLedger(request, { idempotencyKey }));
    },
    onSuccess: (ledger) => {
      void client.invalidateQueries({ queryKey: keys.all('listLedgers') });
      notifications.show({ message: strings.opened(ledger.id), color: 'teal' });
      onOpened(ledger);
    },
    onError: once.failed,
  });
  const isIdWrong = id !== '' && !isId(id);
  const field = open.error instanceof LedgerFlowProblem ? open.error.field : null;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (isId(id) && once.begin()) open.mutate();
  };
  const forget = (): void => {
    if (isPast(open.error)) open.reset();
  };
  return (
    <Modal opened={isOpen} onClose={onClose} title={strings.openTitle} closeButtonProps={{ 'aria-label': strings.cancel }}>
      <form onSubmit={submit}>
        <Stack>
          <TextInput
            label={strings.id}
            description={strings.idHint}
            required
            data-autofocus
            autoComplete="off"
            value={id}
            onChange={(event) => {
              forget();
              setId(event.currentTarget.value.trim());
            }}
            error={isIdWrong ? strings.idWrong : field === 'id' && open.error !== null ? open.error.message : null}
          />
          <TagsInput
            label={strings.currencies}
            description={strings.currenciesHint}
            placeholder={strings.currenciesPlaceholder}
            value={currencies}
            onChange={(codes) => {
              forget();
              setCurrencies(codesIn(codes.join(' ')));
            }}
            splitChars={[',', ' ']}
            maxTags={200}
          />
          {open.error === null ? null : <Problem error={open.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {strings.cancel}
            </Button>
            <Button type="submit" loading={open.isPending} disabled={id === '' || isIdWrong}>
              {strings.submit}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
