import { describe, expect, it } from '@jest/globals';
import type { ProjectionRebuild } from '../../api/v1alpha1/index.ts';
import type { Job } from '../../kube/resources.ts';
import { concernedByJob } from './index.ts';
import { argumentsOf, jobNameOf, jobOf, ownerOf, viewOf } from './job.ts';
import { parseTemplate } from './template.ts';

const UID = '7d444840-9dc0-11d1-b245-5ffdce74fad2';

const object = (spec: Partial<ProjectionRebuild['spec']> = {}, name = 'nightly'): ProjectionRebuild => ({
  apiVersion: 'ledgerflow.io/v1alpha1',
  kind: 'ProjectionRebuild',
  metadata: { name, namespace: 'books', uid: UID },
  spec: { projection: 'all', scope: {}, retries: 2, suspend: false, proofGate: 'Required', ...spec },
});

const TEMPLATE = parseTemplate(`
metadata: { labels: { team: books, ledgerflow.io/attempt: forged }, annotations: { note: x } }
spec:
  serviceAccountName: rebuilder
  automountServiceAccountToken: true
  restartPolicy: OnFailure
  nodeSelector: { disk: ssd, zone: a }
  tolerations: [{ key: spot, operator: Exists }]
  containers:
    - name: rebuild
      image: builder:1
      command: [read-model-builder]
      resources: { requests: { cpu: 250m, memory: 1Gi }, limits: { memory: 1Gi } }
      securityContext: { readOnlyRootFilesystem: false }
`);

describe('the Job of an attempt', () => {
  it('has a name of at most 63 characters, of its own for each object and attempt', () => {
    expect(jobNameOf('nightly', 1)).toBe('nightly-1');
    const long = 'a'.repeat(80);
    const names = [jobNameOf(long, 1), jobNameOf(long, 2), jobNameOf(`${long}b`, 1), jobNameOf(long, 11)];
    expect(new Set(names).size).toBe(4);
    for (const name of names) expect(name).toMatch(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
    expect(jobNameOf('x'.repeat(61), 1)).toHaveLength(63);
    expect(jobNameOf(`${'y'.repeat(51)}.${'z'.repeat(40)}`, 1)).toMatch(/^y{51}-[0-9a-f]{8}-1$/);
  });

  it.each([
    [{}, 1, ['rebuild', `--id=${UID}`, '--by-id-only', '--json']],
    [
      { projection: 'account_summary', scope: { ledger: 'main', account: '@world:USD' }, maxRatePerSecond: 500 },
      1,
      [
        'rebuild',
        `--id=${UID}`,
        '--by-id-only',
        '--projection=account_summary',
        '--ledger=main',
        '--account=@world:USD',
        '--max-rate=500',
        '--json',
      ],
    ],
    [{ proofGate: 'ProveOnly' as const }, 1, ['rebuild', `--id=${UID}`, '--by-id-only', '--prove-only', '--json']],
  ])('asks for what the spec says: %j', (spec, attempt, expected) => {
    expect(argumentsOf(object(spec), attempt)).toEqual(expected);
  });

  it('is the template of all, with what the object may change and nothing else changed', () => {
    const { metadata, spec } = jobOf(
      object({
        deadlineSeconds: 600,
        podTemplate: {
          nodeSelector: { zone: 'b' },
          tolerations: [{ key: 'night', operator: 'Exists' }],
          priorityClassName: 'low',
          resources: { requests: { cpu: 1 }, limits: { cpu: 2 } },
        },
      }),
      2,
      TEMPLATE,
    );
    expect(metadata).toMatchObject({
      name: 'nightly-2',
      namespace: 'books',
      ownerReferences: [{ kind: 'ProjectionRebuild', name: 'nightly', uid: UID, controller: true, blockOwnerDeletion: false }],
    });
    expect(spec).toMatchObject({ backoffLimit: 6, activeDeadlineSeconds: 600, suspend: false });
    expect(spec?.podFailurePolicy?.rules).toEqual([
      { action: 'FailJob', onExitCodes: { containerName: 'rebuild', operator: 'In', values: [2, 3, 4, 5, 6] } },
      { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
    ]);
    const pod = spec?.template;
    expect(pod?.metadata?.labels).toEqual({
      team: 'books',
      'app.kubernetes.io/managed-by': 'ledgerflow-operator',
      'ledgerflow.io/rebuild-uid': UID,
      'ledgerflow.io/attempt': '2',
    });
    expect(pod?.spec).toMatchObject({
      serviceAccountName: 'rebuilder',
      automountServiceAccountToken: false,
      restartPolicy: 'Never',
      nodeSelector: { disk: 'ssd', zone: 'b' },
      tolerations: [
        { key: 'spot', operator: 'Exists' },
        { key: 'night', operator: 'Exists' },
      ],
      priorityClassName: 'low',
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    });
    const [container] = pod?.spec?.containers ?? [];
    expect(container).toMatchObject({
      image: 'builder:1',
      command: ['read-model-builder'],
      resources: { requests: { cpu: '1', memory: '1Gi' }, limits: { cpu: '2', memory: '1Gi' } },
      securityContext: {
        allowPrivilegeEscalation: false,
        runAsNonRoot: true,
        readOnlyRootFilesystem: false,
        capabilities: { drop: ['ALL'] },
      },
    });
    expect(container?.args?.[1]).toMatch(/^--id=[0-9a-f-]{36}$/);
    expect(container?.args?.[1]).not.toContain(UID);
  });

  it('is the same whenever it is made', () => {
    expect(jobOf(object(), 1, TEMPLATE)).toEqual(jobOf(object(), 1, TEMPLATE));
  });

  it('is read: suspended, going, ended, and with which code', () => {
    const job = jobOf(object(), 1, TEMPLATE);
    expect(viewOf(job)).toMatchObject({ name: 'nightly-1', attempt: 1, isSuspended: false, isDeleting: false, end: null });
    expect(ownerOf(job)).toEqual({ name: 'nightly', namespace: 'books', uid: UID });
    expect(ownerOf({ ...job, metadata: { ...job.metadata, ownerReferences: [] } })).toBeNull();
    const at = '2026-03-01T12:00:00Z';
    const message = 'Container rebuild for pod books/nightly-1-x failed with exit code 3 matching FailJob rule at index 0';
    const condition = (type: string) => ({ type, status: 'True', reason: 'PodFailurePolicy', message, lastTransitionTime: at });
    const ended = { ...job, status: { conditions: [condition('FailureTarget'), condition('Failed')] } };
    expect(viewOf(ended).end).toEqual({ isComplete: false, at: Date.parse(at), reason: 'PodFailurePolicy', message, exitCode: 3 });
    expect(viewOf({ ...job, status: { conditions: [condition('FailureTarget')] } }).end).toBeNull();
  });
});

describe('a change of a Job', () => {
  const job = jobOf(object(), 1, TEMPLATE);
  const owner = { name: 'nightly', namespace: 'books', uid: UID };
  const later = (change: { metadata?: object; spec?: object; status?: object }): Job => ({
    ...job,
    metadata: { ...job.metadata, resourceVersion: '2', ...change.metadata },
    spec: { ...job.spec!, ...change.spec },
    status: change.status,
  });

  it.each([
    ['made or deleted', job, undefined, owner],
    ['suspended', later({ spec: { suspend: true } }), job, owner],
    ['complete', later({ status: { conditions: [{ type: 'Complete', status: 'True' }] } }), job, owner],
    ['deleted soon', later({ metadata: { deletionTimestamp: '2026-03-01T12:00:00Z' } }), job, owner],
    ['taken from its object', later({ metadata: { ownerReferences: [] } }), job, owner],
    ['with a pod that runs', later({ status: { active: 1, ready: 1 } }), job, null],
    ['that is nobody’s', later({ metadata: { ownerReferences: [] } }), undefined, null],
  ])('wakes its object or not: %s', (_what, now, before, expected) => {
    expect(concernedByJob(now, before)).toEqual(expected);
  });
});

describe('a template', () => {
  it.each([
    ['[]', 'not a pod template'],
    ['spec: {', 'not YAML'],
    ['kind: Job\nspec: { containers: [{ name: rebuild, image: x }] }', 'kind is not of a pod template'],
    ['spec: { containers: [{ name: other, image: x }] }', 'one container named rebuild'],
    ['spec: { containers: [{ name: rebuild, image: x }, { name: sidecar, image: y }] }', 'one container named rebuild'],
    ['spec: { containers: [{ name: rebuild }] }', 'no image'],
    ['spec: { containers: [{ name: rebuild, image: x, args: [a] }] }', 'args'],
    ['spec: { hostNetwork: true, containers: [{ name: rebuild, image: x }] }', 'hostNetwork'],
    ['spec: { volumes: [{ name: v, hostPath: { path: / } }], containers: [{ name: rebuild, image: x }] }', 'hostPath'],
    ['spec: { containers: [{ name: rebuild, image: x, securityContext: { privileged: true } }] }', 'privileged'],
    ['spec: { containers: [{ name: rebuild, image: x, securityContext: { allowPrivilegeEscalation: true } }] }', 'raise its privileges'],
  ])('is refused: %s', (text, problem) => {
    expect(() => parseTemplate(text)).toThrow(problem);
  });

  it('is refused with all its mistakes at once', () => {
    expect(() => parseTemplate('spec: { hostPID: true, initContainers: [{}], containers: [{ name: rebuild }] }')).toThrow(
      /hostPID.*initContainers.*no image/,
    );
  });
});
