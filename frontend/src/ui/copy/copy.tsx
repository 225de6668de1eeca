import { ActionIcon, CopyButton, Group, Tooltip } from '@mantine/core';
import { CheckIcon, ClipboardDocumentIcon } from '@heroicons/react/24/outline';
import { strings } from '../strings.ts';

/** A button that copies; says so when it did. */
export function Copy({ value, label }: { value: string; label: string }) {
  return (
    <CopyButton value={value} timeout={2_000}>
      {({ copied, copy }) => (
        <Tooltip label={copied ? strings.copied : label}>
          <ActionIcon variant="subtle" color="gray" size="sm" onClick={copy} aria-label={copied ? strings.copied : label}>
            {copied ? <CheckIcon width={14} /> : <ClipboardDocumentIcon width={14} />}
          </ActionIcon>
        </Tooltip>
      )}
    </CopyButton>
  );
}

/** An id as it is, with its copy button. */
export function Id({ value, label }: { value: string; label: string }) {
  return (
    <Group gap={4} wrap="nowrap" display="inline-flex">
      <span className="id">{value}</span>
      <Copy value={value} label={label} />
    </Group>
  );
}
