import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { ArrowPathIcon } from '@heroicons/react/24/outline';
import { useState } from 'react';
import { useMe } from '../../api/session.ts';
import { type Repairing, retryAll } from './queries.ts';
import { strings } from './strings.ts';

function Form({ ledger: given, repairing, onClose }: { ledger: string; repairing: Repairing; onClose: () => void }) {
  const [ledger, setLedger] = useState(given);
  const isEveryAllowed = useMe().ledgers.includes('*');
  const [isMissing, setMissing] = useState(false);
  const named = ledger.trim();
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (named === '' && !isEveryAllowed) return setMissing(true);
        const chosen = named === '' ? null : named;
        repairing.start(retryAll(chosen), chosen);
        onClose();
      }}
    >
      <Stack>
        <Text size="sm">{strings.retryAllAbout}</Text>
        <TextInput
          data-autofocus
          label={strings.retryAllLedger}
          description={isEveryAllowed ? strings.retryAllEvery : undefined}
          error={isMissing && named === '' ? strings.retryAllNeedsLedger : undefined}
          value={ledger}
          onChange={(event) => setLedger(event.currentTarget.value)}
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {strings.cancel}
          </Button>
          <Button type="submit">{strings.retryAllGo(named)}</Button>
        </Group>
      </Stack>
    </form>
  );
}

export interface RetryAllProps {
  ledger: string;
  repairing: Repairing;
  /** There is nothing to be retried. */
  isNothing: boolean;
}

/** Asks of which ledger, and starts it. */
export function RetryAll({ ledger, repairing, isNothing }: RetryAllProps) {
  const [isOpen, { open, close }] = useDisclosure();
  return (
    <>
      <Button
        leftSection={<ArrowPathIcon width={16} />}
        onClick={open}
        disabled={repairing.isBusy || isNothing}
        {...(isNothing ? { title: strings.none } : {})}
      >
        {strings.retryAll}
      </Button>
      <Modal opened={isOpen} onClose={close} title={strings.retryAllTitle} closeButtonProps={{ 'aria-label': strings.cancel }}>
        <Form ledger={ledger} repairing={repairing} onClose={close} />
      </Modal>
    </>
  );
}
