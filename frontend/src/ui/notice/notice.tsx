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

/** What came of something, told to those who do not see it as well. Errors of the API are shown by Problem. */
export const Notice = ({ tone, title, children }: { tone: Tone; title: string; children?: ReactNode }) => (
  <Alert
    role="status"
    color={tone === 'idle' ? 'blue' : TONE_COLORS[tone]}
    variant="light"
    icon={iconOf(tone)}
    title={title}
    classNames={{ title: classes['title'] ?? '' }}
  >
    {children}
  </Alert>
);
