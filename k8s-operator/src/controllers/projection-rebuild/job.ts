import { createHash } from 'node:crypto';
import { v5 as uuidv5 } from 'uuid';
import { API_VERSION, type ProjectionRebuild } from '../../api/v1alpha1/index.ts';
import type { Job } from '../../kube/resources.ts';
import { CONTAINER, type JobTemplate } from './template.ts';

export const MANAGED_BY = 'ledgerflow-operator';
export const LABELS = {
  managedBy: 'app.kubernetes.io/managed-by',
  /** UID of the ProjectionRebuild. */
  rebuild: 'ledgerflow.io/rebuild-uid',
  attempt: 'ledgerflow.io/attempt',
} as const;
/** Of the Jobs that are the operator's. */
export const JOB_SELECTOR = `${LABELS.managedBy}=${MANAGED_BY}`;

/** A Job's name is a label of its pods: 63 characters. */
const JOB_NAME_LENGTH_MAX = 63;
const HASH_LENGTH = 8;
/** Pods that die, of themselves, before the Job fails; evictions do not count. */
export const BACKOFF_LIMIT = 6;

/** What the command ends with; see `read-model-builder rebuild --help`. */
export const EXIT = { usage: 2, inProgress: 3, cancelled: 4, refused: 5, failed: 6 } as const;

/** The UID for the first attempt, UUIDv5 of the UID and the number for the others. */
export const rebuildIdOf = (uid: string, attempt: number): string => (attempt === 1 ? uid : uuidv5(String(attempt), uid));

/** `<name>-<attempt>`; a name that is too long is cut and told apart by a hash of the whole. */
export function jobNameOf(name: string, attempt: number): string {
  const whole = `${name}-${attempt}`;
  if (whole.length <= JOB_NAME_LENGTH_MAX) return whole;
  const hash = createHash('sha256').update(name).digest('hex').slice(0, HASH_LENGTH);
  const kept = JOB_NAME_LENGTH_MAX - HASH_LENGTH - `--${attempt}`.length;
  return `${name.slice(0, kept).replace(/[.-]+$/, '')}-${hash}-${attempt}`;
}

/** The command's options for an attempt. */
export function argumentsOf({ spec, metadata }: ProjectionRebuild, attempt: number): string[] {
  const { projection, scope, maxRatePerSecond, proofGate } = spec;
  return [
    'rebuild',
    `--id=${rebuildIdOf(metadata.uid ?? '', attempt)}`,
    '--by-id-only',
    ...(proofGate === 'ProveOnly' ? ['--prove-only'] : []),
    ...(projection === 'all' ? [] : [`--projection=${projection}`]),
    ...(scope.ledger === undefined ? [] : [`--ledger=${scope.ledger}`]),
    ...(scope.account === undefined ? [] : [`--account=${scope.account}`]),
    ...(maxRatePerSecond === undefined ? [] : [`--max-rate=${maxRatePerSecond}`]),
    '--json',
  ];
}

/** The Job of an attempt as it is applied: the template of all rebuilds, what the object may change of it, and what nobody may change. */
export function jobOf(object: ProjectionRebuild, attempt: number, template: JobTemplate): Job {
  const { name, namespace, uid = '' } = object.metadata;
  const labels = { [LABELS.managedBy]: MANAGED_BY, [LABELS.rebuild]: uid, [LABELS.attempt]: String(attempt) };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: jobNameOf(name, attempt),
      namespace,
      labels,
      ownerReferences: [{ apiVersion: API_VERSION, kind: 'ProjectionRebuild', name, uid, controller: true, blockOwnerDeletion: false }],
    },
    spec: {
      backoffLimit: BACKOFF_LIMIT,
      completions: 1,
      parallelism: 1,
      suspend: false,
      ...(object.spec.deadlineSeconds === undefined ? {} : { activeDeadlineSeconds: object.spec.deadlineSeconds }),
      podFailurePolicy: {
        rules: [
          {
            action: 'FailJob',
            onExitCodes: { containerName: CONTAINER, operator: 'In', values: Object.values(EXIT) },
          },
          { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
        ],
      },
      template: podOf(object, attempt, template, labels),
    },
  };
}

function podOf(object: ProjectionRebuild, attempt: number, template: JobTemplate, labels: Record<string, string>): JobTemplate {
  const { podTemplate = {} } = object.spec;
  const spec = template.spec!;
  const [container] = spec.containers;
  const resources = container!.resources ?? {};
  const amounts = (kind: 'requests' | 'limits') => {
    const named = Object.entries(podTemplate.resources?.[kind] ?? {}).map(([name, value]) => [name, String(value)]);
    const merged = { ...resources[kind], ...(Object.fromEntries(named) as Record<string, string>) };
    return Object.keys(merged).length === 0 ? {} : { [kind]: merged };
  };
  const merged = {
    metadata: {
      labels: { ...template.metadata?.labels, ...labels },
      annotations: { ...template.metadata?.annotations },
    },
    spec: {
      ...spec,
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      ...(podTemplate.nodeSelector === undefined ? {} : { nodeSelector: { ...spec.nodeSelector, ...podTemplate.nodeSelector } }),
      ...(podTemplate.tolerations === undefined ? {} : { tolerations: [...(spec.tolerations ?? []), ...podTemplate.tolerations] }),
      ...(podTemplate.priorityClassName === undefined ? {} : { priorityClassName: podTemplate.priorityClassName }),
      securityContext: { ...spec.securityContext, runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          ...container!,
          args: argumentsOf(object, attempt),
          resources: { ...resources, ...amounts('requests'), ...amounts('limits') },
          securityContext: {
            readOnlyRootFilesystem: true,
            ...container!.securityContext,
            allowPrivilegeEscalation: false,
            runAsNonRoot: true,
            capabilities: { drop: ['ALL'] },
          },
        },
      ],
    },
  };
  return merged as JobTemplate;
}

/** What the operator wants to know of a Job. */
export interface JobView {
  name: string;
  uid: string;
  attempt: number;
  isSuspended: boolean;
  isDeleting: boolean;
  resourceVersion: string;
  /** When it was made, ms; null when it does not say. */
  madeAt: number | null;
  /** Its pods that have failed; evicted ones too. */
  failed: number;
  /** Its pods that are there and have not ended, and those of them that are ready. */
  active: number;
  ready: number;
  end: null | { isComplete: boolean; at: number; reason: string; message: string; exitCode: number | null };
}

/** The Job controller names the code in its message, and nowhere else. */
const EXIT_CODE = /exit code (\d+)/;

export function viewOf(job: Job): JobView {
  const { name, uid = '', labels = {}, resourceVersion = '', deletionTimestamp } = job.metadata;
  const done = job.status?.conditions?.find(({ type, status }) => status === 'True' && (type === 'Complete' || type === 'Failed'));
  const code = EXIT_CODE.exec(done?.message ?? '')?.[1];
  return {
    name,
    uid,
    attempt: Number((labels as Record<string, string>)[LABELS.attempt] ?? 0),
    isSuspended: job.spec?.suspend === true,
    isDeleting: deletionTimestamp !== undefined,
    resourceVersion,
    madeAt: Date.parse(job.metadata.creationTimestamp ?? '') || null,
    failed: job.status?.failed ?? 0,
    active: job.status?.active ?? 0,
    ready: job.status?.ready ?? 0,
    end:
      done === undefined
        ? null
        : {
            isComplete: done.type === 'Complete',
            at: Date.parse(done.lastTransitionTime ?? '') || 0,
            reason: done.reason ?? done.type,
            message: done.message ?? '',
            exitCode: code === undefined ? null : Number(code),
          },
  };
}

/** The ProjectionRebuild that a Job is of; null when it is of none. */
export function ownerOf({ metadata }: Job): { name: string; namespace: string; uid: string } | null {
  const owner = metadata.ownerReferences?.find(
    ({ kind, apiVersion, controller }) => kind === 'ProjectionRebuild' && apiVersion === API_VERSION && controller === true,
  );
  return owner === undefined ? null : { name: owner.name, namespace: metadata.namespace, uid: owner.uid };
}
