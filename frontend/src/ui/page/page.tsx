import { Group, Stack, Text, Title } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import { type ReactNode, useEffect, useRef } from 'react';
import { strings } from '../strings.ts';
import classes from './page.module.css';

/** Of the page that is loaded the browser tells itself. */
let isFirst = true;

/** Where somebody types, or stands in the new page or in a dialog already. */
const KEPT = 'input, textarea, select, main, [role="dialog"]';

/** The focus goes along to a page: to its title, which is told then. Without it, it would stay at a link that is gone. */
function useFocusedTitle() {
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    const isElsewhere = (document.activeElement?.closest(KEPT) ?? null) === null;
    if (!isFirst && isElsewhere) title.current?.focus({ preventScroll: true });
    isFirst = false;
  }, []);
  return title;
}

/** A page: its one h1, what it is for in a line, what can be done, and the rest below. */
export function Page({ title, about, actions, children }: { title: string; about?: ReactNode; actions?: ReactNode; children: ReactNode }) {
  useDocumentTitle(strings.pageTitle(title));
  const ref = useFocusedTitle();
  return (
    <Stack gap="md">
      <Group justify="space-between" align="flex-start" gap="sm">
        <Stack gap={2} className={classes['head'] ?? ''}>
          <Title order={1} ref={ref} tabIndex={-1} className={classes['title'] ?? ''}>
            {title}
          </Title>
          {about === undefined ? null : (
            <Text c="dimmed" size="sm">
              {about}
            </Text>
          )}
        </Stack>
        {actions === undefined ? null : <Group gap="xs">{actions}</Group>}
      </Group>
      {children}
    </Stack>
  );
}
