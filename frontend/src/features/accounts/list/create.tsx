import { Checkbox, Drawer, Select, Stack, TextInput } from '@mantine/core';
import { useForm, type UseFormReturnType } from '@mantine/form';
import { notifications } from '@mantine/notifications';
import type { BodyOf, Ledger } from '@ledgerflow/client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { ledgerflow } from '../../../api/client.ts';
import { isPast, useOnce, useUnderKey } from '../../../api/intent.ts';
import { keys } from '../../../api/keys.ts';
import { SCALE_MAX, scaleOf, useLedger } from '../../../api/ledger.ts';
import { paths } from '../../../app/paths.ts';
import { MoneyInput } from '../../../ui/money-input/index.ts';
import { useDoubt } from '../command.ts';
import { CommandForm, useLock, useToldFocus } from '../command-form.tsx';
import { mistakesIn } from '../field-errors.ts';
import { MetadataEditor } from '../metadata-editor.tsx';
import { mistakesOf } from '../metadata.ts';
import { strings } from '../strings.ts';
import { AMOUNTS, emptyValues, readOpening, RULES, type Values } from './opening.ts';

const FIELDS = ['id', 'currency', 'name', 'ownerId', 'initialBalance', 'minBalance', 'maxBalance', 'metadata'] as const;

export function CreateAccount({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const { dialog, onLock } = useLock(onClose);
  return (
    <Drawer {...dialog} opened={isOpen} title={strings.create.title} position="right" size="md">
      <Form onClose={onClose} onLock={onLock} />
    </Drawer>
  );
}

function Form({ onClose, onLock }: { onClose: () => void; onLock: (isLocked: boolean) => void }) {
  const text = strings.create;
  const ledger = useLedger();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const underKey = useUnderKey();
  const once = useOnce();
  const form = useForm<Values>({
    initialValues: emptyValues(ledger),
    onValuesChange: () => {
      if (isPast(opening.error)) opening.reset();
    },
  });
  // Counts how often something was said to be wrong here.
  const [told, setTold] = useState(0);
  const mistakesOfAnswer = (error: unknown): Record<string, string> =>
    mistakesIn(error, form.values, FIELDS, scaleOf(ledger, form.values.currency));
  const opening = useMutation({
    mutationFn: (body: BodyOf<'openAccount'>) => {
      const request = { ledger: ledger.id, body };
      return underKey(request, (idempotencyKey) => ledgerflow.openAccount(request, { idempotencyKey }));
    },
    onSuccess: ({ id }) => {
      void queries.invalidateQueries({ queryKey: keys.ledger(ledger.id) });
      notifications.show({ message: text.done(id), color: 'teal' });
    },
    onError: (error) => {
      once.failed();
      if (!doubt.onError(error)) form.setErrors(mistakesOfAnswer(error));
    },
  });
  const doubt = useDoubt(opening.isPending, onLock);
  const open = (body: BodyOf<'openAccount'>): void => {
    if (once.begin()) opening.mutate(body, { onSuccess: ({ id }) => void navigate(paths.account(ledger.id, id)) });
  };
  const submit = form.onSubmit((values) => {
    if (opening.isPending) return;
    if (doubt.isDoubtful && opening.variables !== undefined) return open(opening.variables);
    const read = readOpening(values, ledger);
    if ('mistakes' in read) form.setErrors(read.mistakes);
    if ('body' in read && mistakesOf(values.metadata).size === 0) open(read.body);
    else setTold((count) => count + 1);
  });
  return (
    <CommandForm
      onSubmit={submit}
      onCancel={onClose}
      doubt={doubt}
      isPending={opening.isPending}
      error={opening.error}
      isToldElsewhere={Object.keys(mistakesOfAnswer(opening.error)).length > 0}
      submit={text.submit}
    >
      <Fields form={form} ledger={ledger} told={told} />
    </CommandForm>
  );
}

function Fields({ form, ledger, told }: { form: UseFormReturnType<Values>; ledger: Ledger; told: number }) {
  const text = strings.create;
  const { currency, hasNoMin, metadata } = form.values;
  const fields = useToldFocus(told);
  const errorOf = (name: keyof Values): string | null => (form.errors[name] as string | undefined) ?? null;
  const amount = (name: (typeof AMOUNTS)[number]) => ({
    value: form.values[name],
    onChange: (typed: string) => form.setFieldValue(name, typed),
    error: errorOf(name),
    currency,
    scale: scaleOf(ledger, currency) ?? SCALE_MAX,
    ...RULES[name],
  });
  return (
    <Stack gap="sm" ref={fields}>
      <TextInput label={text.id} description={text.idHint} autoComplete="off" data-autofocus {...form.getInputProps('id')} />
      <Select
        label={text.currency}
        placeholder={text.choose}
        required
        allowDeselect={false}
        data={ledger.currencies.map(({ code }) => code)}
        value={currency === '' ? null : currency}
        onChange={(code) => {
          form.setFieldValue('currency', code ?? '');
          // What was wrong in another currency may be right in this one.
          for (const name of AMOUNTS) form.clearFieldError(name);
        }}
        error={errorOf('currency')}
      />
      <TextInput label={text.name} {...form.getInputProps('name')} />
      <TextInput label={text.owner} description={text.ownerHint} {...form.getInputProps('ownerId')} />
      <MoneyInput label={text.initial} description={text.initialHint} {...amount('initialBalance')} />
      {hasNoMin ? (
        <TextInput label={text.min} description={text.minHint} value="" disabled readOnly />
      ) : (
        <MoneyInput label={text.min} description={text.minHint} {...amount('minBalance')} />
      )}
      <Checkbox label={text.noMin} {...form.getInputProps('hasNoMin', { type: 'checkbox' })} />
      <MoneyInput label={text.max} description={text.maxHint} {...amount('maxBalance')} />
      <MetadataEditor pairs={metadata} onChange={(pairs) => form.setFieldValue('metadata', pairs)} error={errorOf('metadata')} />
    </Stack>
  );
}
