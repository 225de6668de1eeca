import { LedgerFlowError } from '@ledgerflow/client';
import { Anchor, Autocomplete, Button, Checkbox, Group, Modal, NumberInput, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { Link, useNavigate } from 'react-router';
import { useMe } from '../../api/session.ts';
import { paths } from '../../app/paths.ts';
import { Problem } from '../../ui/problem/index.ts';
import { ALL, useCreateRebuild, useProjectionNames } from './queries.ts';
import { isWhole, mistakes, nothingTyped, requestOf, type Typed } from './rebuild-form.ts';
import { strings } from './strings.ts';

const RATE_MAX = 1_000_000;

function RebuildForm({ given, onClose }: { given: Partial<Typed>; onClose: () => void }) {
  const names = useProjectionNames();
  const isEveryAllowed = useMe().ledgers.includes('*');
  const create = useCreateRebuild();
  const navigate = useNavigate();
  const form = useForm<Typed>({
    mode: 'controlled',
    initialValues: { ...nothingTyped, ...given },
    validate: (typed) => mistakes(typed, isEveryAllowed),
  });
  const { ledger, account, proveOnly } = form.values;
  // Without the grant it can not be: that is said at the field.
  const isAll = isEveryAllowed && isWhole(form.values);
  const submit = (typed: Typed): void => {
    if (create.isPending) return;
    create.mutate(requestOf(typed), { onSuccess: ({ id }) => void navigate(paths.rebuild(id)) });
  };
  const isUnknown = create.error instanceof LedgerFlowError && create.error.isOutcomeUnknown;
  return (
    <form noValidate onSubmit={form.onSubmit(submit)}>
      <Stack>
        <Autocomplete
          data-autofocus
          required
          label={strings.projection}
          description={strings.projectionHint}
          data={[ALL, ...names]}
          openOnFocus={false}
          // All of them, whichever is chosen.
          filter={({ options }) => options}
          {...form.getInputProps('projection')}
        />
        <TextInput label={strings.ledger} description={isEveryAllowed ? strings.ledgerHint : undefined} {...form.getInputProps('ledger')} />
        <TextInput label={strings.account} description={strings.accountHint} disabled={proveOnly} {...form.getInputProps('account')} />
        <NumberInput
          label={strings.maxRate}
          description={strings.maxRateHint}
          min={1}
          max={RATE_MAX}
          step={1_000}
          allowDecimal={false}
          allowNegative={false}
          thousandSeparator=","
          {...form.getInputProps('maxRate')}
        />
        <Checkbox label={strings.proveOnly} disabled={account.trim() !== ''} {...form.getInputProps('proveOnly', { type: 'checkbox' })} />
        <Text size="sm">
          {account.trim() === '' ? (proveOnly ? strings.startProve : strings.startAbout) : strings.startAccount}
          {ledger.trim() === '' ? ` ${strings.startEvery}` : ''}
        </Text>
        {isAll ? (
          <Checkbox
            label={strings.wholeMeant}
            description={strings.wholeMeantAbout}
            {...form.getInputProps('isWholeMeant', { type: 'checkbox' })}
          />
        ) : null}
        {create.error === null ? null : <Problem error={create.error} />}
        {isUnknown ? (
          <Text size="sm">
            {strings.startUnknown}{' '}
            <Anchor component={Link} to={paths.rebuilds()} inherit>
              {strings.look}
            </Anchor>
          </Text>
        ) : null}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {strings.cancel}
          </Button>
          <Button type="submit" loading={create.isPending}>
            {isAll ? (proveOnly ? strings.startGoProveAll : strings.startGoAll) : strings.startGo}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** Asks what is to be rebuilt, says what that does, and leads to the rebuild. given null: closed. */
export function RebuildDialog({ given, onClose }: { given: Partial<Typed> | null; onClose: () => void }) {
  return (
    <Modal opened={given !== null} onClose={onClose} title={strings.startTitle} closeButtonProps={{ 'aria-label': strings.close }}>
      {given === null ? null : <RebuildForm given={given} onClose={onClose} />}
    </Modal>
  );
}
