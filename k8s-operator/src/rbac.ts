/** What the operator may do: the chart's Role or ClusterRole is generated from it, and the tests hold every request against it. */
export interface Rule {
  /** "" is the core group. */
  apiGroups: readonly string[];
  resources: readonly string[];
  verbs: readonly string[];
  /** None: all of them. */
  resourceNames?: readonly string[];
}

const OWN = 'ledgerflow.io';

/** In the namespaces whose objects it looks after. */
export const WORK_RULES: readonly Rule[] = [
  // A schedule creates rebuilds, its history and their time to live delete them; patch is for the finalizer.
  { apiGroups: [OWN], resources: ['projectionrebuilds'], verbs: ['list', 'watch', 'create', 'patch', 'delete'] },
  { apiGroups: [OWN], resources: ['projectionschedules'], verbs: ['list', 'watch'] },
  { apiGroups: [OWN], resources: ['projectionrebuilds/status', 'projectionschedules/status'], verbs: ['patch'] },
  { apiGroups: ['batch'], resources: ['jobs'], verbs: ['list', 'watch', 'create', 'patch', 'delete'] },
  { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['create', 'patch'] },
];

/** In its own namespace, for the lease of the leader. */
export const electionRules = (leaseName: string): readonly Rule[] => [
  // What is created has no name yet that a rule could ask for.
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['create'] },
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'update'], resourceNames: [leaseName] },
];
