import { ActionIcon, Button, Group, Tooltip } from '@mantine/core';
import { ArrowUturnRightIcon, ChevronLeftIcon, ChevronRightIcon, MinusIcon, PlusIcon } from '@heroicons/react/24/outline';
import { LedgerFlowProblem } from '@ledgerflow/client';
import { CopyLink } from '../../../ui/copy/index.ts';
import { MomentField } from '../../../ui/moment/index.ts';
import { tell } from '../../../ui/problem/index.ts';
import { strings } from '../strings.ts';
import type { Axis, Moment, MomentChange } from './moment.ts';
import type { Step } from './use-step.ts';

const text = strings.travel;
const ICON = 16;
const MOMENT_WIDTH = 290;

export interface ControlsProps {
  axis: Axis;
  moment: Moment;
  onMoment: (change: MomentChange) => void;
  step: Step;
  /** Of the question for that moment. */
  error: unknown;
}

function fieldError(error: unknown, field: 'at' | 'effectiveAt'): string | null {
  return error instanceof LedgerFlowProblem && error.field === field ? tell(error).detail : null;
}

/** The moment as text, the ways to the next one, and the link to it. */
export function Controls({ axis, moment: { at, effectiveAt }, onMoment, step, error }: ControlsProps) {
  const isThen = at !== undefined || effectiveAt !== undefined;
  return (
    <Group align="flex-end" gap="sm">
      {axis === 'effective' ? null : (
        <MomentField
          label={text.at}
          value={at ?? null}
          onChange={(value) => onMoment({ at: value })}
          w={MOMENT_WIDTH}
          error={fieldError(error, 'at')}
        />
      )}
      {axis === 'recorded' ? null : (
        <MomentField
          label={text.effectiveAt}
          w={MOMENT_WIDTH}
          value={effectiveAt ?? null}
          onChange={(value) => onMoment({ effectiveAt: value })}
          error={fieldError(error, 'effectiveAt')}
        />
      )}
      <Button.Group>
        <Button
          variant="default"
          leftSection={<ChevronLeftIcon width={ICON} />}
          onClick={() => step.go(-1)}
          disabled={!step.canGo}
          loading={step.pending === -1}
        >
          {text.previous}
        </Button>
        <Button
          variant="default"
          rightSection={<ChevronRightIcon width={ICON} />}
          onClick={() => step.go(1)}
          disabled={!step.canGo || !isThen}
          loading={step.pending === 1}
        >
          {text.next}
        </Button>
      </Button.Group>
      <ActionIcon.Group>
        <Tooltip label={text.earlier}>
          <ActionIcon variant="default" size={36} aria-label={text.earlier} onClick={() => step.micro(-1)}>
            <MinusIcon width={ICON} />
          </ActionIcon>
        </Tooltip>
        <Tooltip label={text.later}>
          <ActionIcon variant="default" size={36} aria-label={text.later} onClick={() => step.micro(1)} disabled={!isThen}>
            <PlusIcon width={ICON} />
          </ActionIcon>
        </Tooltip>
      </ActionIcon.Group>
      {isThen ? (
        <>
          <Button
            variant="default"
            leftSection={<ArrowUturnRightIcon width={ICON} />}
            onClick={() => onMoment({ at: null, effectiveAt: null })}
          >
            {text.now}
          </Button>
          <CopyLink value={location.href} />
        </>
      ) : null}
    </Group>
  );
}
