import { Alert, Loader } from '@mantine/core';
import { CheckCircleIcon, ExclamationTriangleIcon, InformationCircleIcon } from '@heroicons/react/24/outline';
import type { ReactNode } from 'react';
import { type Tone, TONE_COLORS } from '../badge/index.ts';
import classes from './notice.module.css';

const iconOf = (tone: Tone): ReactNode => {
  if (tone === 'busy') return <Loader size="xs" />;
  if (tone === 'well') return <CheckCircleIcon />;
  return tone === 'idle' ? <InformationCircleIcon /> : <ExclamationTriangleIcon />;
};

export interface NoticeProps {
  tone: Tone;
  title?: string;
  /** alert: said at once to those who do not see it; status: when they have heard what they are hearing. */
  role?: 'alert' | 'status';
  /** Instead of that of its tone. */
  icon?: ReactNode;
  children?: ReactNode;
}

/** What came of something, or what one should know before going on, told to those who do not see it as well. Errors of the API are shown by Problem. */
export const Notice = ({ tone, title, role = 'status', icon = iconOf(tone), children }: NoticeProps) => (
  <Alert
    role={role}
    color={tone === 'idle' ? 'blue' : TONE_COLORS[tone]}
    variant="light"
    icon={icon}
    title={title}
    classNames={{ title: classes['title'] ?? '' }}
  >
    {children}
  </Alert>
);
