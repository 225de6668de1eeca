import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { onFirstPress } from '../../../ui/press/index.ts';
import { strings } from '../strings.ts';
import type { Mode } from './slice.ts';
import { Sums } from './sums.tsx';
import type { Total } from './totals.ts';

const text = strings.batch;

export interface SendButtonProps {
  /** Rows that would be sent, of all in the file. */
  count: number;
  all: number;
  totals: readonly Total[];
  mode: Mode;
  isDisabled: boolean;
  onSend: () => void;
}

/** Says what would be moved in all, and sends it when that is confirmed. */
export function SendButton({ count, all, totals, mode, isDisabled, onSend }: SendButtonProps) {
  const [isOpen, { open, close }] = useDisclosure();
  return (
    <>
      <Button onClick={open} disabled={isDisabled}>
        {text.send(count, all)}
      </Button>
      <Modal
        opened={isOpen}
        onClose={close}
        title={text.confirmTitle}
        closeOnClickOutside={false}
        closeButtonProps={{ 'aria-label': text.cancel }}
      >
        <Stack>
          <Sums label={text.toMove} totals={totals} />
          <Text size="sm">{text.means[mode]}</Text>
          <Group justify="flex-end">
            <Button variant="default" onClick={close} data-autofocus>
              {text.cancel}
            </Button>
            <Button onClick={onFirstPress(onSend)}>{text.confirm(count)}</Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}
