import { notifications } from '@mantine/notifications';
import type { Account } from '@ledgerflow/client';
import { useMutation } from '@tanstack/react-query';
import { useLayoutEffect, useRef } from 'react';
import { tell } from '../../../ui/problem/index.ts';
import type { Instant } from '../../../ui/time/index.ts';
import { fromMicros, type Micros, shifted, toMicros } from '../../../ui/time/micros.ts';
import { strings } from '../strings.ts';
import { type Axis, type Moment, type MomentChange, picked } from './moment.ts';
import { neighbouring } from './neighbours.ts';
import { neighbour } from './series.ts';
import type { Series } from './use-series.ts';

export type Direction = -1 | 1;

export interface Step {
  /** To the entry before or behind the moment. */
  go: (direction: Direction) => void;
  /** By a microsecond. */
  micro: (direction: Direction) => void;
  /** The effective axis can be stepped along only where all entries are known. */
  canGo: boolean;
  /** Which way it is being looked. */
  pending: Direction | null;
}

export interface StepOptions {
  ledger: string;
  now: Account;
  moment: Moment;
  axis: Axis;
  marked: Instant | null;
  series: Series;
  /** The series has all of the account. */
  isWhole: boolean;
  onMoment: (change: MomentChange) => void;
}

/** From entry to entry: by what is drawn where that is all, else by asking. */
export function useStep({ ledger, now, moment, axis, marked, series, isWhole, onMoment }: StepOptions): Step {
  const from = marked === null ? series.span.to + 1 : toMicros(marked);
  const finding = useMutation({
    mutationFn: async (direction: Direction): Promise<Micros | null> => {
      const isKnown = series.kind === 'entries' && isWhole;
      if (axis !== 'recorded' || isKnown) return neighbour(series.points, from, direction)?.micros ?? null;
      const found = await neighbouring(ledger, now.id, from, direction);
      return found === null ? null : toMicros(found);
    },
  });
  const place = `${ledger} ${now.id} ${axis} ${moment.at} ${moment.effectiveAt}`;
  const latest = useRef(place);
  useLayoutEffect(() => void (latest.current = place));
  // As long as this is shown, and only the answer to the last step, which is none any more once another moment was picked.
  const go = (direction: Direction): void =>
    finding.mutate(direction, {
      onSuccess: (micros) => {
        if (latest.current !== place) return;
        if (micros !== null) onMoment(picked(moment, axis, fromMicros(micros)));
        else notifications.show({ message: direction === 1 ? strings.travel.noLater : strings.travel.noEarlier });
      },
      onError: (error) => {
        if (latest.current === place) notifications.show({ title: tell(error).title, message: tell(error).detail, color: 'red' });
      },
    });
  return {
    go,
    micro: (direction) => onMoment(picked(moment, axis, shifted(marked ?? now.asOf, direction))),
    canGo: axis === 'recorded' || series.kind === 'entries',
    pending: finding.isPending ? finding.variables : null,
  };
}
