import { Button, Checkbox, Drawer, Fieldset, Group, Select, Stack, Text, TextInput } from '@mantine/core';
import { useForm, type UseFormReturnType } from '@mantine/form';
import { notifications } from '@mantine/notifications';
import type { BodyOf } from '@ledgerflow/client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { ledgerflow } from '../../../api/client.ts';
import { useIntentKey } from '../../../api/intent.ts';
import { keys } from '../../../api/keys.ts';
import { scaleOf, useLedger } from '../../../api/ledger.ts';
import { paths } from '../../../app/paths.ts';
import { Problem } from '../../../ui/problem/index.ts';
import { useDoubt } from '../command.ts';
import { mistakesIn } from '../field-errors.ts';
import { MetadataEditor } from '../metadata-editor.tsx';
import { metadataOf, mistakesOf, type Pair } from '../metadata.ts';
import { strings } from '../strings.ts';

interface Values {
  id: string;
  currency: string;
  name: string;
  ownerId: string;
  initialBalance: string;
  minBalance: string;
  hasNoMin: boolean;
  maxBalance: string;
  metadata: Pair[];
}

/** What is left empty is not sent: the API knows what it means then. */
function bodyOf({ hasNoMin, metadata, currency, ...texts }: Values): BodyOf<'openAccount'> {
  const given = Object.fromEntries(
    Object.entries(texts)
      .map(([name, text]) => [name, text.trim()] as const)
      .filter(([, text]) => text !== ''),
  );
  const pairs = metadataOf(metadata);
  return {
    currency,
    ...given,
    ...(hasNoMin ? { minBalance: null } : {}),
    ...(Object.keys(pairs).length === 0 ? {} : { metadata: pairs as Record<string, never> }),
  };
}

const FIELDS = ['id', 'currency', 'name', 'ownerId', 'initialBalance', 'minBalance', 'maxBalance', 'metadata'] as const;

export function CreateAccount({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const [isLocked, setIsLocked] = useState(false);
  return (
    <Drawer
      closeButtonProps={{ 'aria-label': strings.dismiss, disabled: isLocked }}
      opened={isOpen}
      onClose={isLocked ? () => undefined : onClose}
      title={strings.create.title}
      position="right"
      size="md"
    >
      <Form onClose={onClose} onLock={setIsLocked} />
    </Drawer>
  );
}

function Form({ onClose, onLock }: { onClose: () => void; onLock: (isLocked: boolean) => void }) {
  const text = strings.create;
  const ledger = useLedger();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const keyOf = useIntentKey();
  const form = useForm<Values>({
    initialValues: {
      id: '',
      currency: ledger.currencies[0]?.code ?? '',
      name: '',
      ownerId: '',
      initialBalance: '',
      minBalance: '',
      hasNoMin: false,
      maxBalance: '',
      metadata: [],
    },
  });
  const opening = useMutation({
    mutationFn: (body: BodyOf<'openAccount'>) =>
      ledgerflow.openAccount({ ledger: ledger.id, body }, { idempotencyKey: keyOf({ ledger: ledger.id, body }) }),
    onSuccess: ({ id }) => {
      void queries.invalidateQueries({ queryKey: keys.ledger(ledger.id) });
      notifications.show({ message: text.done(id), color: 'teal' });
    },
    onError: (error) => {
      if (!doubt.onError(error)) form.setErrors(mistakesIn(error, form.values, FIELDS, scaleOf(ledger, form.values.currency)));
    },
  });
  const doubt = useDoubt(opening.isPending, onLock);
  const open = (body: BodyOf<'openAccount'>): void =>
    opening.mutate(body, { onSuccess: ({ id }) => void navigate(paths.account(ledger.id, id)) });
  const submit = form.onSubmit((values) => {
    if (opening.isPending) return;
    if (doubt.isDoubtful && opening.variables !== undefined) open(opening.variables);
    else if (mistakesOf(values.metadata).size === 0) open(bodyOf(values));
  });
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="sm">
        <Fieldset variant="unstyled" disabled={doubt.isLocked}>
          <Stack gap="sm">
            <Fields form={form} currencies={ledger.currencies.map(({ code }) => code)} />
          </Stack>
        </Fieldset>
        {opening.error !== null &&
        (doubt.isDoubtful ||
          Object.keys(mistakesIn(opening.error, form.values, FIELDS, scaleOf(ledger, form.values.currency))).length === 0) ? (
          <Problem error={opening.error} />
        ) : null}
        {doubt.isDoubtful ? <Text size="sm">{strings.unknown}</Text> : null}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose} disabled={doubt.isLocked}>
            {strings.cancel}
          </Button>
          <Button type="submit" loading={opening.isPending}>
            {doubt.isDoubtful ? strings.askAgain : text.submit}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function Fields({ form, currencies }: { form: UseFormReturnType<Values>; currencies: string[] }) {
  const text = strings.create;
  return (
    <>
      <TextInput
        label={text.id}
        description={text.idHint}
        maxLength={128}
        autoComplete="off"
        data-autofocus
        {...form.getInputProps('id')}
      />
      <Select label={text.currency} required allowDeselect={false} data={currencies} {...form.getInputProps('currency')} />
      <TextInput label={text.name} maxLength={1024} {...form.getInputProps('name')} />
      <TextInput label={text.owner} description={text.ownerHint} maxLength={255} {...form.getInputProps('ownerId')} />
      <TextInput label={text.initial} description={text.initialHint} inputMode="decimal" {...form.getInputProps('initialBalance')} />
      <TextInput
        label={text.min}
        description={text.minHint}
        inputMode="decimal"
        disabled={form.values.hasNoMin}
        {...form.getInputProps('minBalance')}
      />
      <Checkbox label={text.noMin} {...form.getInputProps('hasNoMin', { type: 'checkbox' })} />
      <TextInput label={text.max} description={text.maxHint} inputMode="decimal" {...form.getInputProps('maxBalance')} />
      <MetadataEditor
        pairs={form.values.metadata}
        onChange={(pairs) => form.setFieldValue('metadata', pairs)}
        error={(form.errors['metadata'] as string | undefined) ?? null}
      />
    </>
  );
}
