import { Badge } from '@mantine/core';
import { CheckCircleIcon, LockClosedIcon, NoSymbolIcon } from '@heroicons/react/24/outline';
import { strings } from './strings.ts';

const LOOKS = {
  open: { color: 'teal', Icon: CheckCircleIcon },
  frozen: { color: 'blue', Icon: LockClosedIcon },
  closed: { color: 'gray', Icon: NoSymbolIcon },
} as const;
const ICON = 12;

/** An account's status in words, with what a freeze is for. One that this page does not know is shown as it is. */
export function Status({ status, freezeScope = null, size = 'sm' }: { status: string; freezeScope?: string | null; size?: string }) {
  const look = Object.hasOwn(LOOKS, status) ? LOOKS[status as keyof typeof LOOKS] : null;
  const isPartly = status === 'frozen' && freezeScope !== null && freezeScope !== 'all';
  const text = isPartly ? strings.frozenFor(strings.scopes[freezeScope] ?? freezeScope) : (strings.statuses[status] ?? status);
  return (
    <Badge
      component="span"
      size={size}
      variant="light"
      color={look?.color ?? 'gray'}
      c="var(--mantine-color-text)"
      tt="none"
      {...(look === null ? {} : { leftSection: <look.Icon width={ICON} aria-hidden /> })}
    >
      {text}
    </Badge>
  );
}
