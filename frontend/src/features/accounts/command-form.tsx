import { Button, type ButtonProps, Fieldset, Group, Stack, Text } from '@mantine/core';
import { type FormEvent, type ReactNode, type RefObject, useEffect, useRef, useState } from 'react';
import { Problem } from '../../ui/problem/index.ts';
import type { Doubt } from './command.ts';
import { strings } from './strings.ts';

/** Of the dialog around a command's form: what is locked does not close. */
export function useLock(onClose: () => void) {
  const [isLocked, onLock] = useState(false);
  return {
    onLock,
    dialog: {
      onClose: isLocked ? () => undefined : onClose,
      closeButtonProps: { 'aria-label': strings.dismiss, disabled: isLocked },
    },
  };
}

/** Around fields: the first one that is wrong has the focus each time that `told`, the count of how often something was said to be wrong, is another. */
export function useToldFocus(told: number): RefObject<HTMLDivElement | null> {
  const fields = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (told > 0) fields.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [told]);
  return fields;
}

export interface CommandFormProps {
  onSubmit: (event: FormEvent<HTMLFormElement>) => void;
  onCancel: () => void;
  doubt: Doubt;
  isPending: boolean;
  error: unknown;
  /** The error is shown at its field, or in `notes`. */
  isToldElsewhere: boolean;
  /** What the button says that sends it. */
  submit: string;
  button?: Pick<ButtonProps, 'color' | 'disabled'>;
  /** Stand below the fields. */
  notes?: ReactNode;
  children: ReactNode;
}

/** A command's fields, what became of it, and the ways on. */
export function CommandForm(given: CommandFormProps) {
  const { onSubmit, onCancel, doubt, isPending, error, isToldElsewhere, submit, button = {}, notes = null, children } = given;
  return (
    <form onSubmit={onSubmit} noValidate>
      <Stack gap="sm">
        <Fieldset variant="unstyled" disabled={doubt.isLocked}>
          <Stack gap="sm">{children}</Stack>
        </Fieldset>
        {notes}
        {error === null || (isToldElsewhere && !doubt.isDoubtful) ? null : <Problem error={error} />}
        {doubt.isDoubtful ? <Text size="sm">{strings.unknown}</Text> : null}
        <Group justify="flex-end">
          <Button variant="default" onClick={onCancel} disabled={doubt.isLocked}>
            {strings.cancel}
          </Button>
          <Button type="submit" loading={isPending} {...button}>
            {doubt.isDoubtful ? strings.askAgain : submit}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
