import { Checkbox, Drawer, Select, TextInput } from '@mantine/core';
import { useForm, type UseFormReturnType } from '@mantine/form';
import { notifications } from '@mantine/notifications';
import type { BodyOf } from '@ledgerflow/client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from 'react-router';
import { ledgerflow } from '../../../api/client.ts';
import { useIntentKey } from '../../../api/intent.ts';
import { keys } from '../../../api/keys.ts';
import { scaleOf, useLedger } from '../../../api/ledger.ts';
import { paths } from '../../../app/paths.ts';
import { useDoubt } from '../command.ts';
import { CommandForm, useLock } from '../command-form.tsx';
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
  const mistakesOfAnswer = (error: unknown): Record<string, string> =>
    mistakesIn(error, form.values, FIELDS, scaleOf(ledger, form.values.currency));
  const opening = useMutation({
    mutationFn: (body: BodyOf<'openAccount'>) =>
      ledgerflow.openAccount({ ledger: ledger.id, body }, { idempotencyKey: keyOf({ ledger: ledger.id, body }) }),
    onSuccess: ({ id }) => {
      void queries.invalidateQueries({ queryKey: keys.ledger(ledger.id) });
      notifications.show({ message: text.done(id), color: 'teal' });
    },
    onError: (error) => {
      if (!doubt.onError(error)) form.setErrors(mistakesOfAnswer(error));
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
    <CommandForm
      onSubmit={submit}
      onCancel={onClose}
      doubt={doubt}
      isPending={opening.isPending}
      error={opening.error}
      isToldElsewhere={Object.keys(mistakesOfAnswer(opening.error)).length > 0}
      submit={text.submit}
    >
      <Fields form={form} currencies={ledger.currencies.map(({ code }) => code)} />
    </CommandForm>
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
