import { Anchor, Drawer, Group, Stack, Text, Title } from '@mantine/core';
import { Link } from 'react-router';
import { paths } from '../../app/paths.ts';
import { formatCount } from '../../ui/count/index.ts';
import { Id } from '../../ui/copy/index.ts';
import { Facts } from '../../ui/facts/index.ts';
import { JsonView } from '../../ui/json/index.ts';
import { Time } from '../../ui/time/index.ts';
import { Outcome, Target } from './columns.tsx';
import type { Entry } from './entry.ts';
import { strings } from './strings.ts';

function Content({ entry, place }: { entry: Entry; place: string | null }) {
  const { id, source, recordedAt, actor, roles, action, ledger, target, position, correlationId, parameters, requestId, outcome } = entry;
  const result = outcome?.result ?? null;
  const endedAt = outcome?.recordedAt;
  return (
    <Stack>
      <Facts
        label={strings.entry}
        rows={[
          [strings.at, <Time key="at" at={recordedAt} precision="micro" />],
          [strings.action, action],
          [
            strings.outcome,
            <Stack key="outcome" gap={0} align="flex-start">
              <Outcome entry={entry} />
              {outcome === null ? <Text size="xs">{strings.outcomeUnknownDetail}</Text> : null}
            </Stack>,
          ],
          [strings.endedAt, endedAt === undefined || endedAt === recordedAt ? null : <Time key="end" at={endedAt} precision="micro" />],
          [strings.actor, actor ?? strings.nobody],
          [strings.roles, roles === undefined || roles.length === 0 ? null : roles.join(', ')],
          [strings.source, strings.sources[source] ?? source],
          [strings.ledger, ledger],
          [strings.target, target === null ? null : <Target key="target" target={target} place={place} />],
          [strings.position, position === undefined ? null : formatCount(position)],
          [strings.requestId, <Id key="request" value={requestId} label={strings.requestId} />],
          [
            strings.correlationId,
            correlationId === undefined ? null : <Id key="correlation" value={correlationId} label={strings.correlationId} />,
          ],
          [strings.id, <Id key="id" value={id} label={strings.id} />],
        ]}
      />
      <Group gap="md">
        <Anchor component={Link} to={paths.audit({ requestId })} size="sm">
          {strings.sameRequest}
        </Anchor>
        {actor === null ? null : (
          <Anchor component={Link} to={paths.audit({ actor })} size="sm">
            {strings.sameActor}
          </Anchor>
        )}
      </Group>
      {Object.keys(parameters).length === 0 ? null : (
        <Stack gap={4}>
          <Title order={3}>{strings.parameters}</Title>
          <JsonView label={strings.parameters} text={JSON.stringify(parameters)} fileName={`${id.replaceAll('/', '-')}-parameters.json`} />
        </Stack>
      )}
      {result === null ? null : (
        <Stack gap={4}>
          <Title order={3}>{strings.result}</Title>
          <JsonView label={strings.result} text={JSON.stringify(result)} fileName={`${id.replaceAll('/', '-')}-result.json`} />
        </Stack>
      )}
    </Stack>
  );
}

/** Everything of one entry. */
export const EntryDrawer = ({ entry, place, onClose }: { entry: Entry | null; place: string | null; onClose: () => void }) => (
  <Drawer
    opened={entry !== null}
    onClose={onClose}
    position="right"
    size="lg"
    title={entry?.action ?? ''}
    closeButtonProps={{ 'aria-label': strings.close }}
  >
    {entry === null ? null : <Content entry={entry} place={place} />}
  </Drawer>
);
