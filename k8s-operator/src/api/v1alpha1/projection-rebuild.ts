import { type Static, Type } from 'typebox';
import { conditions } from './conditions.ts';
import { cel, immutableBut, int32, ledgerId, oneOf, textMap, time } from './schema.ts';

export const PHASES = ['Pending', 'Waiting', 'Suspended', 'Running', 'Swapped', 'Proven', 'Failed', 'Cancelled'] as const;
export type Phase = (typeof PHASES)[number];
export const END_PHASES: ReadonlySet<Phase> = new Set(['Swapped', 'Proven', 'Failed', 'Cancelled']);

const DAY_SECONDS = 86_400;
const quantity = (description: string) =>
  Type.Unsafe<string | number>({
    'x-kubernetes-int-or-string': true,
    anyOf: [{ type: 'integer' }, { type: 'string' }],
    pattern: '^[0-9]+(\\.[0-9]+)?(m|k|Ki|M|Mi|G|Gi|T|Ti)?$',
    description,
  });

const amounts = (description: string) =>
  Type.Object(
    {
      cpu: Type.Optional(quantity('Cores')),
      memory: Type.Optional(quantity('Bytes')),
      'ephemeral-storage': Type.Optional(quantity('Bytes')),
    },
    { description },
  );

export const PodTemplate = Type.Object(
  {
    nodeSelector: Type.Optional(textMap({ description: 'Labels that a node must have', valueLengthMax: 63 })),
    tolerations: Type.Optional(
      Type.Array(
        Type.Object({
          key: Type.String({
            minLength: 1,
            maxLength: 316,
            description: 'Of the taint',
            ...cel({
              rule: "!self.startsWith('node-role.kubernetes.io/')",
              message: 'podTemplate.tolerations: the nodes of the control plane are not for rebuilds',
            }),
          }),
          operator: Type.Optional(oneOf(['Exists', 'Equal'], { description: 'How the value is compared' })),
          value: Type.Optional(Type.String({ maxLength: 63, description: 'Of the taint' })),
          effect: Type.Optional(oneOf(['NoSchedule', 'PreferNoSchedule', 'NoExecute'], { description: 'Of the taint; without it all' })),
          tolerationSeconds: Type.Optional(
            Type.Integer({ format: 'int64', minimum: 0, description: 'How long a taint NoExecute is tolerated' }),
          ),
        }),
        { maxItems: 16, description: 'Taints of nodes that the pods may run on', 'x-kubernetes-list-type': 'atomic' },
      ),
    ),
    priorityClassName: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 253,
        description: 'Priority class of the pods',
        ...cel({
          rule: "!self.startsWith('system-')",
          message: "podTemplate.priorityClassName: classes that begin with system- are Kubernetes' own",
        }),
      }),
    ),
    resources: Type.Optional(
      Type.Object(
        { requests: Type.Optional(amounts('What is set aside')), limits: Type.Optional(amounts('What may be used at most')) },
        { description: 'Of the container that rebuilds; each amount named here replaces that of the template' },
      ),
    ),
  },
  {
    description:
      "What of the rebuild's pods may differ from the operator's template. Image, command, identity and security may not, nor labels and annotations: services, network policies and injectors act on them",
  },
);
export type PodTemplate = Static<typeof PodTemplate>;

const Scope = Type.Object(
  {
    ledger: Type.Optional(ledgerId('scope.ledger', 'One ledger; without it all')),
    account: Type.Optional(ledgerId('scope.account', 'One account of the ledger: its rows are repaired in place')),
  },
  {
    default: {},
    description: 'What is rebuilt: {} is everything, {ledger} one ledger, {ledger, account} one account',
    ...cel({
      rule: '!has(self.account) || has(self.ledger)',
      message: 'scope.account needs scope.ledger: an account is known within its ledger only',
    }),
  },
);

const rebuildProperties = {
  projection: Type.String({
    minLength: 1,
    maxLength: 63,
    pattern: '^[a-z][a-z0-9_]*$',
    description: 'Name of the projection as GET /admin/projections lists it, or all',
  }),
  scope: Scope,
  maxRatePerSecond: Type.Optional(
    int32({ minimum: 1, maximum: 1_000_000, description: 'Records read a second at most; without it no limit' }),
  ),
  deadlineSeconds: Type.Optional(
    int32({
      minimum: 60,
      maximum: 30 * DAY_SECONDS,
      description:
        'From its start to its end over all attempts; then it is cancelled and Failed. It begins anew when the rebuild is resumed',
    }),
  ),
  retries: int32({
    minimum: 0,
    maximum: 10,
    default: 2,
    description: 'Further attempts after one that failed; one attempt is up to seven pods. What the proof refused is not tried again',
  }),
  ttlSecondsAfterFinished: Type.Optional(
    int32({ minimum: 0, maximum: 365 * DAY_SECONDS, description: 'The object is deleted this long after its end; without it never' }),
  ),
  proofGate: oneOf(['Required', 'ProveOnly'], {
    default: 'Required',
    description:
      'Required: the new generation goes live when it is proven equal to the log. ProveOnly: it is made, proven and dropped. Nothing goes live unproven',
  }),
  podTemplate: Type.Optional(PodTemplate),
};

const PROVE_ONLY_RULE = {
  rule: "!(self.proofGate == 'ProveOnly' && has(self.scope.account))",
  message:
    'proofGate ProveOnly needs a scope of whole ledgers: the rows of one account are repaired in place, nothing is there to be dropped',
};

const rebuildSpecProperties = {
  ...rebuildProperties,
  suspend: Type.Boolean({ default: false, description: 'While true nothing runs; a rebuild that has begun stays where it is' }),
};

export const ProjectionRebuildSpec = Type.Object(rebuildSpecProperties, {
  description: 'What is to be rebuilt, and how',
  ...cel(
    immutableBut(rebuildSpecProperties, ['suspend'], 'spec is immutable but for suspend: delete this ProjectionRebuild and make another'),
    PROVE_ONLY_RULE,
  ),
});
export type ProjectionRebuildSpec = Static<typeof ProjectionRebuildSpec>;

/** The spec of the rebuilds that a schedule makes. */
export const ScheduledRebuildSpec = Type.Object(rebuildProperties, {
  description: 'The spec of each ProjectionRebuild that is made, as above but without suspend',
  ...cel(PROVE_ONLY_RULE),
});

const Part = Type.Object({
  projection: Type.String({ description: 'Its name' }),
  ledger: Type.Optional(Type.String({ description: 'Id of the ledger' })),
  state: Type.String({ description: 'filling, proven, swapped or dropped' }),
  position: Type.Optional(Type.String({ description: 'Of the last record in it' })),
  digest: Type.Optional(Type.String({ description: 'Of its rows, in hexadecimal digits' })),
});
export const PARTS_MAX = 20;

/** Why the operator cancels a rebuild before its object is at its end. */
export const ENDINGS = ['DeadlineExceeded', 'JobFailed', 'NoSwap', 'JobRefused', 'InvalidArguments'] as const;
export type EndingReason = (typeof ENDINGS)[number];

export const ProjectionRebuildStatus = Type.Object(
  {
    observedGeneration: Type.Optional(
      Type.Integer({ format: 'int64', minimum: 0, description: 'Generation of the spec that the status speaks of' }),
    ),
    phase: Type.Optional(oneOf(PHASES, { description: 'Where the rebuild is' })),
    scope: Type.Optional(Type.String({ description: 'The scope in one word: all, LEDGER or LEDGER/ACCOUNT' })),
    progress: Type.Optional(int32({ minimum: 0, maximum: 100, description: 'Per cent; 100 only at its end' })),
    position: Type.Optional(Type.String({ description: 'Of the last record in it, when it has one part' })),
    rate: Type.Optional(int32({ minimum: 0, description: 'Records a second, lately' })),
    digest: Type.Optional(Type.String({ description: 'Of its rows, when it has one part' })),
    parts: Type.Optional(
      Type.Array(Part, {
        maxItems: PARTS_MAX,
        description: `A projection of a ledger each, when it has more than one; the first ${PARTS_MAX}`,
        'x-kubernetes-list-type': 'atomic',
      }),
    ),
    attempt: Type.Optional(int32({ minimum: 1, description: 'Number of the attempt, from 1' })),
    rebuildId: Type.Optional(Type.String({ description: 'Id of the rebuild of this attempt; set from its start on' })),
    job: Type.Optional(
      Type.Object(
        { name: Type.String({ description: 'Its name' }), uid: Type.String({ description: 'Its UID' }) },
        { description: 'Job of this attempt, in the namespace of the object' },
      ),
    ),
    startedAt: Type.Optional(time('When the first attempt began')),
    activeSince: Type.Optional(time('When it was started or last resumed: the deadline counts from here')),
    finishedAt: Type.Optional(time('When it came to its end')),
    retryAt: Type.Optional(time('When the next attempt begins')),
    waitsFor: Type.Optional(
      Type.Object(
        {
          rebuild: Type.String({ description: 'Id of a rebuild or UID of a ProjectionRebuild' }),
          name: Type.Optional(Type.String({ description: 'namespace/name of the ProjectionRebuild' })),
        },
        { description: 'What has to end before this one begins' },
      ),
    ),
    ending: Type.Optional(
      Type.Object(
        {
          reason: oneOf(ENDINGS, { description: 'Why' }),
          message: Type.String({ maxLength: 4_096, description: 'Why, for people' }),
          since: time('Since when'),
        },
        { description: 'The operator has this attempt cancelled and waits for its end' },
      ),
    ),
    message: Type.Optional(Type.String({ description: 'What a person should know now' })),
    conditions: Type.Optional(conditions('Accepted, Running, Verified, Swapped, Failed')),
  },
  { description: 'What the rebuild’s own rows say, and what the operator does about it' },
);
export type ProjectionRebuildStatus = Static<typeof ProjectionRebuildStatus>;
