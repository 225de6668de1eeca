import { Menu, Stack, Text, useMantineColorScheme } from '@mantine/core';
import { ArrowRightStartOnRectangleIcon, CodeBracketIcon, QuestionMarkCircleIcon, UserCircleIcon } from '@heroicons/react/24/outline';
import { useEffect, useRef, useState } from 'react';
import { Link } from 'react-router';
import { SIGN_OUT_PATH, useMe } from '../../api/session.ts';
import { paths } from '../paths.ts';
import { preferences } from '../preferences.ts';
import { useAppDispatch, useAppSelector } from '../state.ts';
import { strings } from '../strings.ts';
import { UserButton } from './user-button.tsx';

const ICON = 16;

/** Who one is, how things are shown, and the way out: open from the start, in the place of the button that asked for it. */
export function UserMenuItems({ onHelp }: { onHelp: () => void }) {
  const { id, roles } = useMe();
  const zone = useAppSelector((state) => state.preferences.zone);
  const dispatch = useAppDispatch();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const [isOpen, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    const frame = requestAnimationFrame(() => {
      // Closing gives the focus back to what had it at opening.
      button.current?.focus();
      setOpen(true);
    });
    return () => cancelAnimationFrame(frame);
  }, []);
  return (
    <Menu opened={isOpen} onChange={setOpen} withInitialFocusPlaceholder={false} position="bottom-end" width={260} closeOnItemClick>
      <Menu.Target>
        <UserButton ref={button} />
      </Menu.Target>
      <Menu.Dropdown>
        <Stack gap={2} px="sm" py="xs">
          <Text size="sm" fw={600}>
            {id}
          </Text>
          <Text size="xs" c="dimmed">
            {roles.join(', ')}
          </Text>
        </Stack>
        <Menu.Item component={Link} to={paths.me()} leftSection={<UserCircleIcon width={ICON} />}>
          {strings.profile}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Label id="menu-scheme">{strings.scheme}</Menu.Label>
        <Menu.RadioGroup
          aria-labelledby="menu-scheme"
          value={colorScheme}
          onChange={(value) => setColorScheme(value as typeof colorScheme)}
        >
          {(['light', 'dark', 'auto'] as const).map((value) => (
            <Menu.RadioItem key={value} value={value}>
              {strings.schemes[value]}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
        <Menu.Label id="menu-zone">{strings.zone}</Menu.Label>
        <Menu.RadioGroup
          aria-labelledby="menu-zone"
          value={zone}
          onChange={(value) => dispatch(preferences.actions.zoneChosen(value as typeof zone))}
        >
          <Menu.RadioItem value="local">{strings.zoneLocal}</Menu.RadioItem>
          <Menu.RadioItem value="utc">{strings.zoneUtc}</Menu.RadioItem>
        </Menu.RadioGroup>
        <Menu.Divider />
        <Menu.Item onClick={onHelp} leftSection={<QuestionMarkCircleIcon width={ICON} />}>
          {strings.help}
        </Menu.Item>
        <Menu.Item component="a" href="/docs" leftSection={<CodeBracketIcon width={ICON} />}>
          {strings.apiDocs}
        </Menu.Item>
        <Menu.Item component="a" href={SIGN_OUT_PATH} leftSection={<ArrowRightStartOnRectangleIcon width={ICON} />}>
          {strings.signOut}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
