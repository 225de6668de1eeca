import { Button, Group, Modal, NumberInput, Stack, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { ledgerflow } from '../../api/client.ts';
import { isPast, useOnce, useUnderKey } from '../../api/intent.ts';
import { keys } from '../../api/keys.ts';
import { SCALE_MAX } from '../../api/ledger.ts';
import { Problem } from '../../ui/problem/index.ts';
import { strings } from './strings.ts';

/** The form in which a currency joins a ledger. */
export function AddCurrency({ ledger, onClose }: { ledger: string; onClose: () => void }) {
  const [code, setCode] = useState('');
  const [scale, setScale] = useState<string | number>('');
  const client = useQueryClient();
  const underKey = useUnderKey();
  const once = useOnce();
  const add = useMutation({
    mutationFn: () => {
      const request = { ledger, body: { code, ...(scale === '' ? {} : { scale: Number(scale) }) } };
      return underKey(request, (idempotencyKey) => ledgerflow.addCurrency(request, { idempotencyKey }));
    },
    onSuccess: () => {
      notifications.show({ message: strings.added(code, ledger), color: 'teal' });
      void client.invalidateQueries({ queryKey: keys.all('listLedgers') });
      void client.invalidateQueries({ queryKey: keys.all('getLedger', ledger) });
      onClose();
    },
    onError: once.failed,
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (code !== '' && once.begin()) add.mutate();
  };
  const forget = (): void => {
    if (isPast(add.error)) add.reset();
  };
  return (
    <Modal opened onClose={onClose} title={strings.addTo(ledger)} closeButtonProps={{ 'aria-label': strings.cancel }}>
      <form onSubmit={submit}>
        <Stack>
          <TextInput
            label={strings.code}
            description={strings.codeHint}
            required
            data-autofocus
            autoComplete="off"
            value={code}
            onChange={(event) => {
              forget();
              setCode(event.currentTarget.value.trim().toUpperCase());
            }}
          />
          <NumberInput
            label={strings.scale}
            description={strings.scaleHint}
            min={0}
            max={SCALE_MAX}
            allowDecimal={false}
            value={scale}
            onChange={(typed) => {
              forget();
              setScale(typed);
            }}
          />
          {add.error === null ? null : <Problem error={add.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {strings.cancel}
            </Button>
            <Button type="submit" loading={add.isPending} disabled={code === ''}>
              {strings.addSubmit}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
