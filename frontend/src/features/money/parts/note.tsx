import { Alert, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from '../money.module.css';

export interface NoteProps {
  color: string;
  icon?: ReactNode;
  title?: string;
  /** alert: said at once to those who do not see it. */
  role?: 'alert' | 'status';
  children?: string;
}

/** What one should know before going on. Its title has the colour of text: that of the alert is too near to its ground. */
export const Note = ({ color, icon, title, role, children }: NoteProps) => (
  <Alert color={color} variant="light" icon={icon} title={title} role={role} classNames={{ title: classes['title'] ?? '' }}>
    {children === undefined ? null : <Text size="sm">{children}</Text>}
  </Alert>
);
