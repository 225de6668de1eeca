import { ActionIcon, type ActionIconProps } from '@mantine/core';
import { UserCircleIcon } from '@heroicons/react/24/outline';
import type { ComponentPropsWithRef } from 'react';
import { useMe } from '../../api/session.ts';
import { strings } from '../strings.ts';

export function UserButton(given: ActionIconProps & ComponentPropsWithRef<'button'>) {
  const { id } = useMe();
  return (
    <ActionIcon variant="subtle" size="lg" color="gray" aria-label={strings.you(id)} aria-haspopup="menu" aria-expanded={false} {...given}>
      <UserCircleIcon width={24} />
    </ActionIcon>
  );
}
