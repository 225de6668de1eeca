import { Anchor, Button, Drawer, Stack, Text } from '@mantine/core';
import { ArrowPathIcon } from '@heroicons/react/24/outline';
import { Link } from 'react-router';
import { paths } from '../../app/paths.ts';
import { formatCount } from '../../ui/count/index.ts';
import { Facts } from '../../ui/facts/index.ts';
import { Time } from '../../ui/time/index.ts';
import { lagOf, Standing } from './columns.tsx';
import type { Projection } from './projection.ts';
import { strings } from './strings.ts';

const position = (value: string, at: string) => (
  <>
    {formatCount(value)}, <Time at={at} precision="micro" />
  </>
);

function ProjectionFacts({ projection }: { projection: Projection }) {
  const { ledger, heldReason, heldSince, stoppedReason, lagRecords, generation, divergences, scope } = projection;
  const letters = (count: number) =>
    count === 0 ? (
      '0'
    ) : (
      <Anchor component={Link} to={paths.deadLetters({ ledger })} size="sm">
        {formatCount(count)}
      </Anchor>
    );
  return (
    <Facts
      label={strings.projection}
      rows={[
        [strings.state, <Standing key="state" projection={projection} />],
        [strings.stoppedReason, stoppedReason],
        [strings.heldReason, heldReason],
        [strings.heldSince, heldSince === null ? null : <Time key="since" at={heldSince} precision="micro" />],
        [
          strings.ledger,
          <Anchor key="ledger" component={Link} to={paths.overview(ledger)} size="sm">
            {ledger}
          </Anchor>,
        ],
        [strings.scope, strings.scopes[scope] ?? scope],
        [strings.lagRecordsLong, lagRecords === null ? strings.unknown : formatCount(lagRecords)],
        [strings.lagSeconds, lagOf(projection)],
        [strings.position, position(projection.position, projection.recordedAt)],
        [strings.applied, position(projection.appliedPosition, projection.appliedRecordedAt)],
        [strings.head, projection.headPosition === null ? strings.unknown : formatCount(projection.headPosition)],
        [strings.generationLong, generation === null ? strings.noGeneration : generation],
        [strings.epoch, projection.epoch],
        [strings.rows, formatCount(projection.rows)],
        [strings.parkedAccounts, letters(projection.parkedAccounts)],
        [strings.deadLetters, letters(projection.deadLetters)],
        [
          strings.divergences,
          <Stack key="divergences" gap={0}>
            {formatCount(divergences)}
            {divergences === 0 ? null : (
              <Text size="xs" c="dimmed">
                {strings.divergencesAbout}
              </Text>
            )}
          </Stack>,
        ],
      ]}
    />
  );
}

/** Everything of one row. onRebuild null: they may not. */
export function ProjectionDrawer({
  projection,
  onClose,
  onRebuild,
}: {
  projection: Projection | null;
  onClose: () => void;
  onRebuild: ((projection: Projection) => void) | null;
}) {
  return (
    <Drawer
      opened={projection !== null}
      onClose={onClose}
      position="right"
      size="lg"
      title={projection === null ? '' : `${projection.projection}, ${projection.ledger}`}
      closeButtonProps={{ 'aria-label': strings.close }}
    >
      {projection === null ? null : (
        <Stack align="flex-start">
          <ProjectionFacts projection={projection} />
          {onRebuild === null ? null : (
            <Button leftSection={<ArrowPathIcon width={16} />} onClick={() => onRebuild(projection)}>
              {strings.start}
            </Button>
          )}
        </Stack>
      )}
    </Drawer>
  );
}
