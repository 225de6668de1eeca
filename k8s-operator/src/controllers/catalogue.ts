import type { Phase } from '../api/v1alpha1/index.ts';

/** What a phase means, and what it asks of a person. */
export const PHASE_MEANINGS: Readonly<Record<Phase, { means: string; todo: string }>> = {
  Pending: { means: 'Nothing has been begun yet.', todo: 'Nothing; when it stays, its message says why.' },
  Waiting: {
    means: 'A rebuild that touches the same rows goes on, or an older object waits for it too.',
    todo: 'Nothing: it begins when that one has ended. With the reason `AbandonedRebuild` that takes somebody who ends it.',
  },
  Suspended: {
    means: '`spec.suspend` is true. A rebuild that had begun stays where it is.',
    todo: 'Resume it, or delete it: while it is suspended nothing else may rebuild its rows.',
  },
  Running: {
    means: 'It was begun and is not at its end: rebuilding, between two attempts, or being cancelled.',
    todo: 'Nothing; its message says what goes on.',
  },
  Swapped: { means: 'Proven equal to the log, and live.', todo: 'Nothing.' },
  Proven: { means: 'Proven equal to the log and dropped, as `proofGate: ProveOnly` asks for.', todo: 'Nothing.' },
  Failed: { means: 'It ended without a result; what was live still is.', todo: 'Read the reason of the condition Failed below.' },
  Cancelled: { means: 'Somebody cancelled it through the gateway.', todo: 'Make another when it is wanted after all.' },
};

const ENDED_BY = {
  UnknownProjection: 'There is no projection of this name. Make another object with a name that `GET /admin/projections` lists.',
  JobRefused: 'The API server refuses the Job; the message is its own. Mostly `spec.podTemplate` asks for what can not be.',
  InvalidArguments:
    'The read-model-builder began nothing: what the spec asks for can not be (no such ledger; one account of a ledger with parked or discarded records), or it does not understand its command line: it is older than the operator, or the template names another program.',
  ProofRefused:
    'What was made differs from what the log says; the message has the first difference. What is live was left. It is a bug of the projection: look before you try again.',
  RebuildFailed: 'The rebuild said so itself; the message is its own. After all attempts.',
  JobFailed: 'The Job failed (its pods died too often) and the rebuild knew of no end. After all attempts. The pods’ logs say more.',
  NoSwap:
    'The Job ended well and a minute later the rebuild’s rows still knew of no end: the builder or its database is not what it should be.',
  DeadlineExceeded: 'It took longer than `spec.deadlineSeconds`.',
};

/** Reasons of the conditions of a ProjectionRebuild. */
export const REBUILD_REASONS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Accepted: {
    Accepted: 'The spec is understood.',
    UnknownProjection: ENDED_BY.UnknownProjection,
    JobRefused: ENDED_BY.JobRefused,
    InvalidArguments: ENDED_BY.InvalidArguments,
  },
  Running: {
    Started: 'Its Job is made.',
    Rebuilding: 'Its Job is there, and the rebuild is not at its end.',
    NoProgress:
      'Its Job runs, and nothing of the rebuild was written for five minutes: its pod can not start or hangs, or its node is lost. Of a lost node Kubernetes replaces the pod only when the Node object is deleted or tainted `node.kubernetes.io/out-of-service`; then the same rebuild goes on.',
    PodsFailing:
      'The rebuild has not begun, and pods of its Job have failed: their logs say why. One attempt is up to seven pods, over about ten minutes; then it is JobFailed.',
    PodNotMade:
      'Its Job has been there for half a minute and has no pod: a priority class, a quota or a policy does not allow it. The events of the Job say why.',
    Resumed: 'Its Job goes on.',
    JobEnded: 'Its Job has ended a moment ago; the rows do not say so yet.',
    OlderRebuild: 'An object that is older, or has begun, touches the same rows.',
    RequestedRebuild: 'A rebuild that was asked for elsewhere touches the same rows.',
    AbandonedRebuild:
      'Such a rebuild has not moved for five minutes and goes on only for who names its id. It is a suspended one of a ProjectionRebuild that this operator does not see, or nobody’s: then cancel it, as the message says.',
    Suspended: '`spec.suspend` is true.',
    RetryPending: 'An attempt failed; `status.retryAt` says when the next one begins.',
    JobDeleting: 'A Job of the same name is being deleted.',
    JobNameTaken: 'A Job of the same name is another’s. Delete or rename that one.',
    JobNotMade: 'The API server takes no Job now, for a quota or a policy; it is tried again.',
    GatewayUnreachable:
      'The gateway, or the identity provider before it, does not answer, or another server does (then look at `GATEWAY_URL`): nothing is known, nothing is begun; asked again with back-off.',
    GatewayRefused:
      'The gateway answers 401 or 403, or does not show all rebuilds: the operator’s client needs the role admin and the ledgers `*`. Or the identity provider refuses the client, or the file of its secret can not be read; the message says which.',
    Cancelling: 'The object was deleted; its rebuild is being cancelled.',
    CancelRefused:
      'The rebuild is to be cancelled, and the gateway did not take it; the message is its own. Asked for again until it does.',
    Swapped: 'At its end.',
    Proven: 'At its end.',
    Cancelled: 'At its end.',
    ...ENDED_BY,
  },
  Verified: {
    NotYet: 'The proof comes at the end.',
    ProofHeld: 'What was made is equal to what the log says.',
    ProofRefused: 'It is not.',
    NotReached: 'It ended before the proof.',
  },
  Swapped: {
    NotYet: 'What is live is what was before.',
    Live: 'What was made is live.',
    ProveOnly: 'It was not to be.',
    NotReached: 'It ended before.',
  },
  Failed: { NotFailed: 'It has not.', ...ENDED_BY },
};

/** Reasons of the events of a ProjectionRebuild that are not phases or reasons of the condition Running. */
export const REBUILD_EVENTS: Readonly<Record<string, string>> = {
  JobGone: 'Its Job was deleted by somebody, and is made again.',
  CancelTimedOut:
    'The object was deleted, and goes although the end of its rebuild was not seen in time. When the note says that it could not be cancelled (the gateway was away or refused for `DELETE_TIMEOUT_SECONDS`), do what the note says: nobody else ends it, and it keeps its rows from other rebuilds.',
  InvalidSpec: 'The object is not as this version of the operator understands it (the definition was changed under it): it is left alone.',
};

/** Reasons of the condition Scheduled of a ProjectionSchedule. */
export const SCHEDULE_REASONS: Readonly<Record<string, string>> = {
  Scheduled: 'Rebuilds are made by the clock.',
  Suspended: '`spec.suspend` is true.',
  InvalidSchedule: 'The fields or the time zone are no times; the message says why.',
  NotMade: 'The time has come, and the API server does not take the ProjectionRebuild; the message is its own. Tried again each minute.',
};

export const SCHEDULE_EVENTS: Readonly<Record<string, string>> = {
  Made: 'A ProjectionRebuild was made.',
  MissedSchedule: 'A time was missed by more than `startingDeadlineSeconds` and is left out.',
  StillActive: 'A time is left out, as the one before goes on (`concurrencyPolicy: Forbid`), or ten do.',
  NameTaken: 'A time is left out, as a ProjectionRebuild of the same name is there that this schedule did not make.',
  NotMade: 'The API server does not take the ProjectionRebuild.',
  Replaced: 'The one before is deleted, as the next is due (`concurrencyPolicy: Replace`).',
  InvalidSchedule: 'The fields or the time zone are no times.',
  InvalidSpec: REBUILD_EVENTS['InvalidSpec']!,
};
