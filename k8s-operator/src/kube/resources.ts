import type { EventsV1Event, V1Job, V1Lease, V1ObjectMeta, V1Pod } from '@kubernetes/client-node';

/** A type of the client library as it is in JSON: its dates are RFC 3339 texts. */
export type Wire<T> = T extends Date ? string : T extends (infer U)[] ? Wire<U>[] : T extends object ? { [K in keyof T]: Wire<T[K]> } : T;

/** Every object the operator knows has a name and lives in a namespace. */
export type ObjectMeta = Wire<V1ObjectMeta> & { name: string; namespace: string };

export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
}

export type Job = Wire<Omit<V1Job, 'metadata'>> & KubeObject;
export type Pod = Wire<Omit<V1Pod, 'metadata'>> & KubeObject;
export type Lease = Wire<Omit<V1Lease, 'metadata'>> & KubeObject;
export type Event = Wire<Omit<EventsV1Event, 'metadata'>> & KubeObject;

/** A kind of namespaced object and where it is served. */
export interface Resource<T extends KubeObject> {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  /** Never set: it ties the type of the objects to the resource. */
  readonly sample?: T;
}

export const JOBS: Resource<Job> = { apiVersion: 'batch/v1', kind: 'Job', plural: 'jobs' };
export const PODS: Resource<Pod> = { apiVersion: 'v1', kind: 'Pod', plural: 'pods' };
export const LEASES: Resource<Lease> = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', plural: 'leases' };
export const EVENTS: Resource<Event> = { apiVersion: 'events.k8s.io/v1', kind: 'Event', plural: 'events' };

/** Where objects of a resource are served; a null namespace means all of them. */
export function path(
  { apiVersion, plural }: Pick<Resource<KubeObject>, 'apiVersion' | 'plural'>,
  namespace: string | null,
  name?: string,
  subresource?: string,
): string {
  const root = apiVersion.includes('/') ? '/apis/' : '/api/';
  return [
    `${root}${apiVersion}`,
    ...(namespace === null ? [] : ['namespaces', encodeURIComponent(namespace)]),
    plural,
    ...(name === undefined ? [] : [encodeURIComponent(name)]),
    ...(subresource === undefined ? [] : [subresource]),
  ].join('/');
}

/** One object among those of its resource. */
export const keyOf = ({ namespace, name }: { namespace: string; name: string }): string => `${namespace}/${name}`;
