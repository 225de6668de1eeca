import { Button, Drawer, Stack, Text, TextInput } from '@mantine/core';
import { useForm, type UseFormReturnType } from '@mantine/form';
import { notifications } from '@mantine/notifications';
import { type Account, type BodyOf, LedgerFlowProblem } from '@ledgerflow/client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ledgerflow } from '../../../api/client.ts';
import { useUnderKey } from '../../../api/intent.ts';
import { SCALE_MAX, scaleOf, useLedger } from '../../../api/ledger.ts';
import { answerOf } from '../../../api/queries.ts';
import { MoneyInput } from '../../../ui/money-input/index.ts';
import { Notice } from '../../../ui/notice/index.ts';
import { useDoubt } from '../command.ts';
import { CommandForm, useLock, useToldFocus } from '../command-form.tsx';
import { mistakesIn } from '../field-errors.ts';
import { MetadataEditor } from '../metadata-editor.tsx';
import { RULES } from '../list/opening.ts';
import { isSame, mistakesOf } from '../metadata.ts';
import { useChanged } from '../queries.ts';
import { strings } from '../strings.ts';
import { changedSince, type EditValues, LIMITS, readEdit, valuesOf } from './edit-values.ts';

const text = strings.edit;

export interface EditAccountProps {
  ledger: string;
  account: Account;
  isOpen: boolean;
  onClose: () => void;
}

export function EditAccount({ ledger, account, isOpen, onClose }: EditAccountProps) {
  const { dialog, onLock } = useLock(onClose);
  return (
    <Drawer {...dialog} opened={isOpen} title={text.title(account.id)} position="right" size="md">
      <Form ledger={ledger} account={account} onClose={onClose} onLock={onLock} />
    </Drawer>
  );
}

const FIELDS = ['name', 'minBalance', 'maxBalance', 'metadata'] as const;
const isStale = (error: unknown): boolean => error instanceof LedgerFlowProblem && error.code === 'version_mismatch';

/** Sends what was changed, on the version that the form began with: what somebody else did meanwhile is not overwritten unseen. */
function Form({ ledger, account, onClose, onLock }: Omit<EditAccountProps, 'isOpen'> & { onLock: (isLocked: boolean) => void }) {
  const queries = useQueryClient();
  const changedTo = useChanged(ledger);
  const underKey = useUnderKey();
  // What was there when the form was opened; what is asked again meanwhile does not change it.
  const [base, setBase] = useState(account);
  const [newer, setNewer] = useState<Account | null>(null);
  const [isUnchanged, setIsUnchanged] = useState(false);
  const form = useForm<EditValues>({ initialValues: valuesOf(account) });
  // Counts how often something was said to be wrong here.
  const [told, setTold] = useState(0);
  const scale = scaleOf(useLedger(), account.currency) ?? SCALE_MAX;
  const mistakesOfAnswer = (error: unknown): Record<string, string> => mistakesIn(error, form.values, FIELDS, scale);
  const saving = useMutation({
    mutationFn: ({ body, version }: { body: BodyOf<'updateAccount'>; version: string }) => {
      const request = { ledger, account: account.id, body };
      return underKey({ ...request, version }, (idempotencyKey) =>
        ledgerflow.updateAccount(request, { ifVersion: version, idempotencyKey }),
      );
    },
    onSuccess: (answer) => {
      changedTo(answer);
      notifications.show({ message: text.saved, color: 'teal' });
      onClose();
    },
    onError: async (error) => {
      if (doubt.onError(error)) return;
      form.setErrors(mistakesOfAnswer(error));
      if (isStale(error)) setNewer(await queries.fetchQuery({ ...answerOf('getAccount', { ledger, account: account.id }), staleTime: 0 }));
    },
  });
  const doubt = useDoubt(saving.isPending, onLock);
  const save = (version: string): void => {
    if (saving.isPending) return;
    if (doubt.isDoubtful && saving.variables !== undefined) return saving.mutate(saving.variables);
    const read = readEdit(base, form.values, scale);
    if ('mistakes' in read) form.setErrors(read.mistakes);
    // Metadata that is left as it is, is not sent.
    const isRight = isSame(form.values.metadata, valuesOf(base).metadata) || mistakesOf(form.values.metadata).size === 0;
    setIsUnchanged('edit' in read && isRight && read.edit === null);
    if ('mistakes' in read || !isRight) setTold((count) => count + 1);
    else if (read.edit !== null) saving.mutate({ body: read.edit, version });
  };
  const reload = (current: Account): void => {
    setBase(current);
    setNewer(null);
    saving.reset();
    form.setValues(valuesOf(current));
  };
  const changed = newer === null ? [] : changedSince(base, newer);
  const isShownAtField = Object.keys(mistakesOfAnswer(saving.error)).length > 0;
  return (
    <CommandForm
      onSubmit={form.onSubmit(() => save((newer ?? base).version))}
      onCancel={onClose}
      doubt={doubt}
      isPending={saving.isPending}
      error={saving.error}
      isToldElsewhere={isStale(saving.error) || isShownAtField}
      submit={newer === null || changed.length === 0 ? text.save : text.staleSave}
      notes={
        <>
          {newer === null || doubt.isLocked ? null : <Stale newer={newer} changed={changed} onReload={() => reload(newer)} />}
          {isUnchanged ? (
            <Text size="sm" role="status">
              {text.unchanged}
            </Text>
          ) : null}
        </>
      }
    >
      <Fields form={form} currency={account.currency} scale={scale} told={told} />
    </CommandForm>
  );
}

/** Somebody changed the account since the form was opened: which of its fields, and what can be done. */
function Stale({ newer, changed, onReload }: { newer: Account; changed: ReturnType<typeof changedSince>; onReload: () => void }) {
  return (
    <Notice tone="warn" title={text.stale} role="alert">
      <Stack gap="xs" align="flex-start">
        <Text size="sm">
          {changed.length === 0
            ? text.staleBalance(newer.version)
            : text.staleFields(newer.version, changed.map((name) => text.fields[name]).join(', '))}
        </Text>
        <Button size="xs" variant="default" onClick={onReload}>
          {text.staleReload}
        </Button>
      </Stack>
    </Notice>
  );
}

function Fields(given: { form: UseFormReturnType<EditValues>; currency: string; scale: number; told: number }) {
  const { form, currency, scale, told } = given;
  const fields = useToldFocus(told);
  const errorOf = (name: keyof EditValues): string | null => (form.errors[name] as string | undefined) ?? null;
  return (
    <Stack gap="sm" ref={fields}>
      <TextInput label={text.name} data-autofocus {...form.getInputProps('name')} />
      {LIMITS.map((name) => (
        <MoneyInput
          key={name}
          label={text[name]}
          description={text.limitHint}
          value={form.values[name]}
          onChange={(typed) => form.setFieldValue(name, typed)}
          error={errorOf(name)}
          currency={currency}
          scale={scale}
          {...RULES[name]}
        />
      ))}
      <MetadataEditor
        pairs={form.values.metadata}
        onChange={(pairs) => form.setFieldValue('metadata', pairs)}
        error={errorOf('metadata')}
      />
    </Stack>
  );
}
