import { Badge } from '@mantine/core';
import { CheckCircleIcon, LockClosedIcon, NoSymbolIcon } from '@heroicons/react/24/outline';
import { strings } from './strings.ts';

const LOOKS = {
  open: { color: 'teal', Icon: CheckCircleIcon },
  frozen: { color: 'blue', Icon: LockClosedIcon },
  closed: { color: 'gray', Icon: NoSymbolIcon },
} as const;
const ICON = 12;

/** One that this page does not know is shown as it is. */
export function statusText(status: string, freezeScope: string | null | undefined): string {
  const isPartly = status === 'frozen' && freezeScope !== null && freezeScope !== undefined && freezeScope !== 'all';
  return isPartly ? strings.frozenFor(strings.scopes[freezeScope] ?? freezeScope) : (strings.statuses[status] ?? status);
}

/** An account's status in words, with what a freeze is for. */
export function Status({ status, freezeScope = null, size = 'sm' }: { status: string; freezeScope?: string | null; size?: string }) {
  const look = Object.hasOwn(LOOKS, status) ? LOOKS[status as keyof typeof LOOKS] : null;
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
      {statusText(status, freezeScope)}
    </Badge>
  );
}
