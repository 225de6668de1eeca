import { LedgerFlowError } from '@ledgerflow/client';
import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { XCircleIcon } from '@heroicons/react/24/outline';
import { Problem } from '../../ui/problem/index.ts';
import { useCancelRebuild } from './queries.ts';
import { strings } from './strings.ts';

/** Asks whether it is meant, and cancels. */
export function CancelRebuild({ rebuild }: { rebuild: string }) {
  const [isOpen, { open, close }] = useDisclosure();
  const cancel = useCancelRebuild(rebuild);
  const isUnknown = cancel.error instanceof LedgerFlowError && cancel.error.isOutcomeUnknown;
  return (
    <>
      <Button color="red" variant="outline" leftSection={<XCircleIcon width={16} />} onClick={open}>
        {strings.cancelRebuild}
      </Button>
      <Modal opened={isOpen} onClose={close} title={strings.cancelTitle} closeButtonProps={{ 'aria-label': strings.close }}>
        <Stack>
          <Text size="sm">{strings.cancelAbout}</Text>
          {cancel.error === null ? null : <Problem error={cancel.error} />}
          {isUnknown ? <Text size="sm">{strings.cancelUnknown}</Text> : null}
          <Group justify="flex-end">
            <Button variant="default" onClick={close} data-autofocus>
              {strings.keepOn}
            </Button>
            <Button color="red" loading={cancel.isPending} onClick={() => cancel.mutate(undefined, { onSuccess: close })}>
              {strings.cancelRebuild}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}
