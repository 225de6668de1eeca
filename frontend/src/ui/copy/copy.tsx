import { ActionIcon, Button, CopyButton, Group, Tooltip, VisuallyHidden } from '@mantine/core';
import { CheckIcon, ClipboardDocumentIcon, LinkIcon } from '@heroicons/react/24/outline';
import { strings } from '../strings.ts';

const SHOWN_MS = 2_000;

/** For those who do not see it: empty until something was copied, which is then told. */
const Told = ({ copied }: { copied: boolean }) => <VisuallyHidden aria-live="polite">{copied ? strings.copied : null}</VisuallyHidden>;

/** A button that copies; says so when it did. */
export function Copy({ value, label }: { value: string; label: string }) {
  return (
    <CopyButton value={value} timeout={SHOWN_MS}>
      {({ copied, copy }) => (
        <>
          <Tooltip label={copied ? strings.copied : label}>
            <ActionIcon variant="subtle" color="gray" size="sm" onClick={copy} aria-label={label}>
              {copied ? <CheckIcon width={14} /> : <ClipboardDocumentIcon width={14} />}
            </ActionIcon>
          </Tooltip>
          <Told copied={copied} />
        </>
      )}
    </CopyButton>
  );
}

/** A button that copies an address, to come back to what is shown. */
export function CopyLink({ value }: { value: string }) {
  return (
    <CopyButton value={value} timeout={SHOWN_MS}>
      {({ copied, copy }) => (
        <>
          <Button variant="default" leftSection={copied ? <CheckIcon width={16} /> : <LinkIcon width={16} />} onClick={copy}>
            {copied ? strings.copied : strings.copyLink}
          </Button>
          <Told copied={copied} />
        </>
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
