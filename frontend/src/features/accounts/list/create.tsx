import { Button, Checkbox, Drawer, Group, Select, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { notifications } from '@mantine/notifications';
import { type BodyOf, LedgerFlowError } from '@ledgerflow/client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from 'react-router';
import { ledgerflow } from '../../../api/client.ts';
import { useIntentKey } from '../../../api/intent.ts';
import { keys } from '../../../api/keys.ts';
import { scaleOf, useLedger } from '../../../api/ledger.ts';
import { paths } from '../../../app/paths.ts';
import { Problem } from '../../../ui/problem/index.ts';
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
  return (
    <Drawer
      closeButtonProps={{ 'aria-label': strings.dismiss }}
      opened={isOpen}
      onClose={onClose}
      title={strings.create.title}
      position="right"
      size="md"
    >
      <Form onClose={onClose} />
    </Drawer>
  );
}

function Form({ onClose }: { onClose: () => void }) {
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
    onSuccess: async ({ id }) => {
      await queries.invalidateQueries({ queryKey: keys.ledger(ledger.id) });
      notifications.show({ message: text.done(id), color: 'teal' });
      void navigate(paths.account(ledger.id, id));
    },
    onError: (error) => {
      form.setErrors(mistakesIn(error, form.values, FIELDS, scaleOf(ledger, form.values.currency)));
    },
  });
  const isUnknown = opening.error instanceof LedgerFlowError && opening.error.isOutcomeUnknown;
  const submit = form.onSubmit((values) => {
    if (mistakesOf(values.metadata).size === 0) opening.mutate(bodyOf(values));
  });
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="sm">
        <TextInput
          label={text.id}
          description={text.idHint}
          maxLength={128}
          autoComplete="off"
          data-autofocus
          {...form.getInputProps('id')}
        />
        <Select
          label={text.currency}
          required
          allowDeselect={false}
          data={ledger.currencies.map(({ code }) => code)}
          {...form.getInputProps('currency')}
        />
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
        {opening.error !== null &&
        Object.keys(mistakesIn(opening.error, form.values, FIELDS, scaleOf(ledger, form.values.currency))).length === 0 ? (
          <Problem error={opening.error} />
        ) : null}
        {isUnknown ? <Text size="sm">{text.unknown}</Text> : null}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {strings.cancel}
          </Button>
          <Button type="submit" loading={opening.isPending}>
            {text.submit}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
