import { Anchor, Button, Card, Code, Group, Progress, Stack, Text, Title } from '@mantine/core';
import { ArrowLeftIcon } from '@heroicons/react/24/outline';
import { Link, useParams } from 'react-router';
import { useMay } from '../../api/session.ts';
import { paths } from '../../app/paths.ts';
import { formatCount } from '../../ui/count/index.ts';
import { Id } from '../../ui/copy/index.ts';
import { Facts } from '../../ui/facts/index.ts';
import { JsonView } from '../../ui/json/index.ts';
import { Notice } from '../../ui/notice/index.ts';
import { Page } from '../../ui/page/index.ts';
import { Stat, Stats } from '../../ui/stat/index.ts';
import { Answered } from '../../ui/states/index.ts';
import { DataTable, ExportButton } from '../../ui/table/index.ts';
import { formatDuration, Time } from '../../ui/time/index.ts';
import { CancelRebuild } from './cancel-rebuild.tsx';
import { useRebuild } from './queries.ts';
import { isOver, tookSeconds, type WholeRebuild } from './rebuild.ts';
import { partColumns, RebuildState } from './rebuild-columns.tsx';
import { strings } from './strings.ts';

function Standing({ rebuild }: { rebuild: WholeRebuild }) {
  const { state, percent, recordsDone, recordsTotal, waitsFor, byIdOnly } = rebuild;
  return (
    <Card>
      <Stack gap="xs">
        <Group gap="xs" role="status">
          <RebuildState state={state} />
          <Text size="sm">{waitsFor === null ? (strings.stateAbout[state] ?? '') : strings.waitsFor}</Text>
          {waitsFor === null ? null : (
            <Anchor component={Link} to={paths.rebuild(waitsFor)} size="sm">
              {strings.thatOne}
            </Anchor>
          )}
        </Group>
        <Progress value={percent} aria-label={strings.progress} animated={!isOver(rebuild)} />
        <Group justify="space-between">
          <Text size="sm" className="amount">
            {Math.floor(percent)} %
          </Text>
          <Text size="sm" c="dimmed" className="amount">
            {strings.recordsOf(formatCount(recordsDone), formatCount(recordsTotal))}
          </Text>
        </Group>
        {byIdOnly && !isOver(rebuild) ? <Text size="sm">{strings.byIdOnly}</Text> : null}
      </Stack>
    </Card>
  );
}

function Figures({ rebuild }: { rebuild: WholeRebuild }) {
  const { recordsPerSecond, maxRatePerSecond, secondsLeft, partsDone, partsTotal } = rebuild;
  const took = tookSeconds(rebuild);
  return (
    <Stats>
      <Stat
        label={strings.rate}
        {...(maxRatePerSecond === null ? {} : { about: strings.maxRateOf(formatCount(Math.round(maxRatePerSecond))) })}
      >
        {recordsPerSecond === null ? '–' : formatCount(Math.round(recordsPerSecond))}
      </Stat>
      {isOver(rebuild) ? (
        <Stat label={strings.took}>{took === null ? '–' : formatDuration(took)}</Stat>
      ) : (
        <Stat label={strings.timeLeft}>{secondsLeft === null ? '–' : formatDuration(secondsLeft)}</Stat>
      )}
      <Stat label={strings.parts}>
        {formatCount(partsDone)} / {formatCount(partsTotal)}
      </Stat>
    </Stats>
  );
}

const moment = (at: string | null) => (at === null ? null : <Time at={at} precision="micro" />);

function RebuildFacts({ rebuild }: { rebuild: WholeRebuild }) {
  const { id, requestedBy, requestedAt, startedAt, finishedAt, updatedAt, proveOnly } = rebuild;
  return (
    <Facts
      label={strings.rebuild}
      rows={[
        [strings.id, <Id key="id" value={id} label={strings.id} />],
        [strings.requestedBy, requestedBy],
        [strings.requestedAt, moment(requestedAt)],
        [strings.startedAt, moment(startedAt)],
        [strings.finishedAt, moment(finishedAt)],
        [strings.updatedAt, finishedAt === null ? moment(updatedAt) : null],
        [strings.proveOnly, proveOnly ? strings.yes : null],
      ]}
    />
  );
}

function Parts({ rebuild: { id, parts, partsTotal } }: { rebuild: WholeRebuild }) {
  return (
    <Stack gap="xs">
      <Group justify="space-between">
        <Title order={2}>{strings.partsTitle}</Title>
        {parts.length === 0 ? null : <ExportButton name={`rebuild-${id}`} columns={partColumns} rows={() => parts} />}
      </Group>
      <Text size="sm" c="dimmed">
        {parts.length === 0 ? strings.partsNone : strings.partsAbout}
        {parts.length < partsTotal && parts.length > 0 ? ` ${strings.partsFirst(parts.length, partsTotal)}` : ''}
      </Text>
      {parts.length === 0 ? null : (
        <DataTable
          label={strings.partsTitle}
          columns={partColumns}
          rows={parts}
          rowKey={({ ledger, projection, generation }) => `${ledger} ${projection} ${generation}`}
        />
      )}
    </Stack>
  );
}

function RebuildPage({ rebuild }: { rebuild: WholeRebuild }) {
  const { id, projection, ledger, account, error, difference } = rebuild;
  const may = useMay();
  return (
    <Page
      title={strings.rebuildOf(projection)}
      about={strings.ofLedger(ledger, account)}
      actions={
        <>
          <Button variant="default" component={Link} to={paths.rebuilds()} leftSection={<ArrowLeftIcon width={16} />}>
            {strings.backToRebuilds}
          </Button>
          {may('cancelRebuild') && !isOver(rebuild) ? <CancelRebuild rebuild={id} /> : null}
        </>
      }
    >
      <Standing rebuild={rebuild} />
      {error === null ? null : (
        <Notice tone="bad" title={strings.error}>
          <Code block tabIndex={0}>
            {error}
          </Code>
        </Notice>
      )}
      {difference === null || difference === undefined ? null : (
        <Stack gap="xs">
          <Title order={2}>{strings.difference}</Title>
          <JsonView label={strings.difference} text={JSON.stringify(difference)} fileName={`difference-${id}.json`} />
        </Stack>
      )}
      <Figures rebuild={rebuild} />
      <RebuildFacts rebuild={rebuild} />
      <Parts rebuild={rebuild} />
    </Page>
  );
}

export function Component() {
  const { rebuild: id = '' } = useParams();
  const query = useRebuild(id);
  if (query.data === undefined)
    return (
      <Page title={strings.rebuild}>
        <Answered query={query} wayOn={{ to: paths.rebuilds(), label: strings.backToRebuilds }}>
          {() => null}
        </Answered>
      </Page>
    );
  return <Answered query={query}>{(rebuild) => <RebuildPage key={id} rebuild={rebuild} />}</Answered>;
}
