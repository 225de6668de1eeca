import { readFile } from 'node:fs/promises';

/** One request as the API server understood it. */
export interface AuditedRequest {
  /** "system:serviceaccount:NAMESPACE:NAME" for a service account. */
  user: string;
  verb: string;
  path: string;
  /** "" for the core group; null for a path that is no resource (/healthz). */
  group: string | null;
  resource: string | null;
  subresource: string | null;
  namespace: string | null;
  name: string | null;
  /** 0 while a watch goes on. */
  status: number;
  /** RFC 3339, when the server had read the request. */
  at: string;
}

interface AuditEvent {
  auditID: string;
  stage: string;
  requestURI: string;
  verb: string;
  user?: { username?: string };
  objectRef?: { apiGroup?: string; resource?: string; subresource?: string; namespace?: string; name?: string };
  responseStatus?: { code?: number };
  requestReceivedTimestamp: string;
}

/** Each request once, without its body. */
export const AUDIT_POLICY = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  omitManagedFields: true,
  rules: [{ level: 'Metadata' }],
};

/** The requests in an audit log file, in the order of their first entry; those of one user if one is named. A watch is in it from its start. */
export async function readAuditLog(file: string, user?: string): Promise<AuditedRequest[]> {
  const requests = new Map<string, AuditedRequest>();
  const lines = (await readFile(file, 'utf8').catch(() => '')).split('\n');
  // What follows the last line break is still being written.
  for (const line of lines.slice(0, -1)) {
    const event = JSON.parse(line) as AuditEvent;
    const username = event.user?.username ?? '';
    if (user !== undefined && user !== username) continue;
    const { objectRef } = event;
    requests.set(event.auditID, {
      user: username,
      verb: event.verb,
      path: event.requestURI,
      group: objectRef === undefined ? null : (objectRef.apiGroup ?? ''),
      resource: objectRef?.resource ?? null,
      subresource: objectRef?.subresource ?? null,
      namespace: objectRef?.namespace ?? null,
      name: objectRef?.name ?? null,
      status: event.stage === 'ResponseStarted' ? 0 : (event.responseStatus?.code ?? 0),
      at: event.requestReceivedTimestamp,
    });
  }
  return [...requests.values()];
}
