import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { onFirstPress } from '../../../ui/press/index.ts';
import { strings } from '../strings.ts';
import { type Batch, doneIn, pendingOf } from './slice.ts';

const text = strings.batch;

/** Leaves a file for another one. Of one that is done in part it says first what that means. */
export function AnotherFile({ batch, onLeave }: { batch: Batch; onLeave: () => void }) {
  const [isOpen, { open, close }] = useDisclosure();
  const isHalfDone = doneIn(batch) > 0 && pendingOf(batch).length > 0;
  return (
    <>
      <Button variant="default" onClick={onFirstPress(isHalfDone ? open : onLeave)}>
        {text.newBatch}
      </Button>
      <Modal
        opened={isOpen}
        onClose={close}
        title={text.leave.title}
        closeOnClickOutside={false}
        closeButtonProps={{ 'aria-label': text.cancel }}
      >
        <Stack>
          <Text size="sm">{text.leave.detail(doneIn(batch), pendingOf(batch).length)}</Text>
          <Group justify="flex-end">
            <Button variant="default" onClick={close} data-autofocus>
              {text.leave.stay}
            </Button>
            <Button color="red.9" onClick={onFirstPress(onLeave)}>
              {text.leave.confirm}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}
