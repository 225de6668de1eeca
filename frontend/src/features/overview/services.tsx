import { Card, Group, Text, Title } from '@mantine/core';
import { CheckCircleIcon, ExclamationTriangleIcon, XCircleIcon } from '@heroicons/react/24/outline';
import type { DataOf } from '@ledgerflow/client';
import { memo } from 'react';
import { plain } from '../../ui/problem/index.ts';
import { Answered } from '../../ui/states/index.ts';
import { Time } from '../../ui/time/index.ts';
import { SERVICES_ID } from './attention.ts';
import classes from './overview.module.css';
import { useHealth } from './queries.ts';
import { strings } from './strings.ts';

type Service = DataOf<'getHealth'>['services'][number];

const ICON = 20;

function Entry({ service: { name, version, ready, checks = [], error } }: { service: Service }) {
  const bad = checks.filter(({ ok }) => !ok);
  const tone = !ready ? 'critical' : bad.length > 0 ? 'warning' : 'well';
  const Icon = { critical: XCircleIcon, warning: ExclamationTriangleIcon, well: CheckCircleIcon }[tone];
  return (
    <li className={classes['item']}>
      <Group gap="sm" align="flex-start" wrap="nowrap">
        <Icon width={ICON} className={classes[tone]} aria-hidden />
        <div className={classes['grow']}>
          <Group justify="space-between" gap="xs">
            <Text size="sm" fw={600}>
              {name}
            </Text>
            <Text size="sm" className={classes[tone] ?? ''}>
              {ready ? strings.ready : strings.unready}
            </Text>
          </Group>
          <Text size="xs" c="dimmed">
            {strings.version(version)}
            {checks.length > 0 && bad.length === 0 ? ` · ${strings.checksWell(checks.length)}` : ''}
          </Text>
          {error === undefined ? null : (
            <Text size="sm" title={error}>
              {plain(error)}
            </Text>
          )}
          {bad.map((check) => (
            <Text key={check.name} size="sm">
              <strong>{check.name}</strong>
              {check.advisory === true ? ` (${strings.advisory})` : ''}: {plain(check.reason ?? strings.noReason)}{' '}
              <Text span size="xs" c="dimmed">
                {strings.since} <Time at={check.since} />
              </Text>
            </Text>
          ))}
        </div>
      </Group>
    </li>
  );
}

/** Each service's readiness, and the reasons when it lacks something. */
export const Services = memo(function Services() {
  const query = useHealth();
  return (
    <Card component="section" aria-labelledby={SERVICES_ID}>
      <Title order={2} id={SERVICES_ID} mb="sm">
        {strings.services}
      </Title>
      <Answered query={query}>
        {({ services }) => (
          <ul className={classes['items']}>
            {services.map((service) => (
              <Entry key={service.name} service={service} />
            ))}
          </ul>
        )}
      </Answered>
    </Card>
  );
});
