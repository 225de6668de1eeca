import { type Static, Type } from 'typebox';
import { conditions } from './conditions.ts';
import { ScheduledRebuildSpec } from './projection-rebuild.ts';
import { cel, int32, oneOf, textMap, time } from './schema.ts';

export const SCHEDULE_NAME_LENGTH_MAX = 52;
const HISTORY_MAX = 100;

/** One field of a crontab: numbers or names in range, ranges, steps, lists. Whether a range runs forward and the day ever comes, the operator says. */
function field(value: string, step: string): string {
  const item = `([*]|(${value})(-(${value}))?)(/(${step}))?`;
  return `${item}(,${item})*`;
}
const name = (names: string): string => names.replaceAll(/[A-Z]/g, (letter) => `[${letter}${letter.toLowerCase()}]`);
const FIELDS = [
  field('[0-5]?[0-9]', '0?[1-9]|[1-5][0-9]'),
  field('[01]?[0-9]|2[0-3]', '0?[1-9]|1[0-9]|2[0-3]'),
  field('0?[1-9]|[12][0-9]|3[01]', '0?[1-9]|[12][0-9]|3[01]'),
  field(`0?[1-9]|1[0-2]|${name('JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC')}`, '0?[1-9]|1[0-2]'),
  field(`[0-7]|${name('SUN|MON|TUE|WED|THU|FRI|SAT')}`, '[1-7]'),
];

const Template = Type.Object(
  {
    metadata: Type.Optional(
      Type.Object(
        {
          labels: Type.Optional(
            textMap({
              description: 'Labels of each ProjectionRebuild that is made',
              valueLengthMax: 63,
              ...cel({
                rule: "self.all(name, !name.contains('ledgerflow.io/') && !name.contains('kubernetes.io/') && !name.contains('k8s.io/'))",
                message:
                  "template.metadata.labels: labels of ledgerflow.io/, kubernetes.io/ and k8s.io/ are the operator's and Kubernetes' own",
              }),
            }),
          ),
        },
        { description: 'Of each ProjectionRebuild that is made' },
      ),
    ),
    spec: ScheduledRebuildSpec,
  },
  { description: 'The ProjectionRebuild that is made each time' },
);

export const ProjectionScheduleSpec = Type.Object(
  {
    schedule: Type.String({
      maxLength: 256,
      description: 'Five fields of a crontab: minute, hour, day of the month, month, day of the week',
      ...cel({
        rule: `self.matches('^${FIELDS.join(' +')}$')`,
        message:
          'schedule is five fields of a crontab: minute 0-59, hour 0-23, day of the month 1-31, month 1-12 or JAN-DEC, day of the week 0-7 or SUN-SAT, such as 30 3 * * MON-FRI',
      }),
    }),
    timeZone: Type.String({
      minLength: 1,
      maxLength: 64,
      default: 'Etc/UTC',
      description: 'IANA time zone that the schedule is meant in, such as Europe/Berlin',
      ...cel(
        {
          rule: "!self.matches('^[+-]?[0-9]')",
          message: 'timeZone is a name such as Europe/Berlin, not an offset: an offset knows no summer time',
        },
        { rule: "self != 'Local'", message: 'timeZone is a name such as Europe/Berlin: where the operator runs is nobody’s business' },
        {
          rule: "timestamp('2020-01-01T00:00:00Z').getFullYear(self) > 0",
          message: 'timeZone is not a time zone that is known here, such as Europe/Berlin or Etc/UTC',
        },
      ),
    }),
    concurrencyPolicy: oneOf(['Allow', 'Forbid', 'Replace'], {
      default: 'Forbid',
      description:
        'When the time has come and the one before is not at its end. Allow: another is made (and waits, as both touch the same rows), ten at most. Forbid: this time is left out. Replace: the one before is deleted, which cancels it',
    }),
    startingDeadlineSeconds: Type.Optional(
      int32({
        minimum: 10,
        maximum: 7 * 86_400,
        description: 'A time that could not be kept is made up for this long; without it always (only the last one missed)',
      }),
    ),
    successfulHistoryLimit: int32({
      minimum: 0,
      maximum: HISTORY_MAX,
      default: 3,
      description: 'How many that ended Swapped or Proven are kept',
    }),
    failedHistoryLimit: int32({
      minimum: 0,
      maximum: HISTORY_MAX,
      default: 3,
      description: 'How many that ended Failed or Cancelled are kept',
    }),
    suspend: Type.Boolean({ default: false, description: 'While true none is made; those that go on are left alone' }),
    template: Template,
  },
  { description: 'When rebuilds are made, and which' },
);
export type ProjectionScheduleSpec = Static<typeof ProjectionScheduleSpec>;

export const ProjectionScheduleStatus = Type.Object(
  {
    observedGeneration: Type.Optional(
      Type.Integer({ format: 'int64', minimum: 0, description: 'Generation of the spec that the status speaks of' }),
    ),
    lastScheduleTime: Type.Optional(time('The last time that was kept, or left out, of which an event tells')),
    lastSuccessfulTime: Type.Optional(time('When one last ended Swapped or Proven')),
    nextScheduleTime: Type.Optional(time('The next time')),
    active: Type.Optional(
      Type.Array(Type.Object({ name: Type.String({ description: 'Its name' }), uid: Type.String({ description: 'Its UID' }) }), {
        maxItems: 50,
        description: 'Those that are not at their end; the first 50',
        'x-kubernetes-list-type': 'atomic',
      }),
    ),
    conditions: Type.Optional(conditions('Scheduled')),
  },
  { description: 'What came of it' },
);
export type ProjectionScheduleStatus = Static<typeof ProjectionScheduleStatus>;

export const NAME_RULE = {
  rule: `self.metadata.name.size() <= ${SCHEDULE_NAME_LENGTH_MAX}`,
  message: `the name of a ProjectionSchedule has at most ${SCHEDULE_NAME_LENGTH_MAX} characters: those of its rebuilds are longer`,
};
