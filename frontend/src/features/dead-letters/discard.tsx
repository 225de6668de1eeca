import { Button, Group, Modal, Stack, Text, Textarea } from '@mantine/core';
import { useState } from 'react';
import type { WholeLetter } from './letter.ts';
import { strings } from './strings.ts';

const REASON_MAX = 1_024;

export interface DiscardProps {
  letter: WholeLetter;
  isOpen: boolean;
  onClose: () => void;
  onDiscard: (reason: string) => void;
}

/** Says what it costs, and takes the reason. */
export function DiscardDialog({ letter, isOpen, onClose, onDiscard }: DiscardProps) {
  const { position, ledger, accountCount, projections } = letter;
  const [reason, setReason] = useState('');
  const [isAsked, setAsked] = useState(false);
  const isMissing = reason.trim() === '';
  return (
    <Modal
      opened={isOpen}
      onClose={onClose}
      title={strings.discardTitle(position, ledger)}
      closeButtonProps={{ 'aria-label': strings.cancel }}
    >
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          setAsked(true);
          if (!isMissing) onDiscard(reason.trim());
        }}
      >
        <Stack>
          <Text size="sm">{accountCount > 0 ? strings.discardAll : strings.discardSome(projections.join(', '))}</Text>
          <Text size="sm">{strings.diverged}</Text>
          <Text size="sm">{strings.discardDecides}</Text>
          <Textarea
            data-autofocus
            required
            label={strings.reason}
            description={strings.reasonAbout}
            autosize
            minRows={2}
            maxRows={8}
            maxLength={REASON_MAX}
            error={isAsked && isMissing ? strings.reasonMissing : undefined}
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {strings.cancel}
            </Button>
            <Button type="submit" color="red">
              {strings.discardGo}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
