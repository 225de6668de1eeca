import { commonVariables, integer, oneOf, optional, text } from '@ledgerflow/platform/config';
import { type Static, Type } from 'typebox';
import { readTemplate, TemplateError } from './controllers/projection-rebuild/template.ts';

const url = (description: string) => Type.String({ pattern: '^https?://[^\\s@]+$', description });

const NAMESPACE = '[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?';

export const CONFIG = {
  service: 'k8s-operator',
  schema: Type.Object({
    ...commonVariables,
    POD_NAME: optional(text({ description: 'Name of this process in the lease and in events; the name of the machine by default' })),
    POD_NAMESPACE: text({ description: 'Namespace of the lease' }),
    WATCH_NAMESPACES: optional(
      Type.String({
        pattern: `^${NAMESPACE}(,${NAMESPACE})*$`,
        description: 'Namespaces whose objects are looked after, separated by commas; all by default, which needs a ClusterRole',
      }),
    ),
    KUBECONFIG: optional(
      text({ description: 'File that says where the API server is and who asks; the service account of the pod by default' }),
    ),
    KUBERNETES_SERVICE_HOST: optional(text({ description: 'Address of the API server; Kubernetes sets it in each pod' })),
    KUBERNETES_SERVICE_PORT: optional(text({ description: 'Its port; Kubernetes sets it in each pod' })),
    SERVICE_ACCOUNT_FOLDER: text({
      description: 'Where the token and the ca.crt of the service account are',
      default: '/var/run/secrets/kubernetes.io/serviceaccount',
    }),
    LEASE_NAME: text({ description: 'Name of the lease that the leader holds', default: 'ledgerflow-operator' }),
    LEASE_SECONDS: integer({
      description: 'How long the lease holds without being renewed; it is renewed after a third of it',
      minimum: 3,
      maximum: 300,
      default: 30,
    }),
    JOB_TEMPLATE_FILE: text({ description: "Pod template (YAML) of the rebuilds' Jobs, with one container named rebuild" }),
    GATEWAY_URL: url('The admin-gateway, without /api/v1'),
    GATEWAY_TIMEOUT_MS: integer({
      description:
        'A request to the gateway, its token included, is given up after this; a cancellation after a third of LEASE_SECONDS when that is sooner',
      minimum: 100,
      maximum: 60_000,
      default: 5_000,
    }),
    GATEWAY_TOKEN_FILE: optional(
      text({ description: 'File with a bearer token for the gateway, read anew for each request; instead of TOKEN_URL' }),
    ),
    TOKEN_URL: optional(url('Token endpoint of the identity provider: tokens for the gateway by client credentials')),
    TOKEN_AUTH: oneOf(['basic', 'post'], { description: 'Whether the client secret goes into the header or the body', default: 'basic' }),
    TOKEN_SCOPE: optional(text({ description: 'Scope of the tokens' })),
    TOKEN_AUDIENCE: optional(text({ description: 'Audience of the tokens, for identity providers that are told' })),
    CLIENT_ID: optional(text({ description: "The operator's client id; its tokens need the role admin and the ledgers *" })),
    CLIENT_SECRET_FILE: optional(text({ description: 'File with its secret' })),
    WORKERS: integer({ description: 'Objects of a kind that are worked on at once', minimum: 1, maximum: 64, default: 16 }),
    POLL_INTERVAL_MS: integer({
      description: 'How often the gateway is asked about a rebuild that goes on',
      minimum: 100,
      maximum: 600_000,
      default: 5_000,
    }),
    CANCEL_TIMEOUT_SECONDS: integer({
      description: 'How long the end of a rebuild that was cancelled is waited for, also when its object is deleted',
      minimum: 1,
      maximum: 3_600,
      default: 120,
    }),
    DELETE_TIMEOUT_SECONDS: integer({
      description:
        'How long a deleted object is kept whose rebuild can not be cancelled, as the gateway is away or refuses; at least CANCEL_TIMEOUT_SECONDS',
      minimum: 1,
      maximum: 2_592_000,
      default: 86_400,
    }),
  }),
  check: ({
    TOKEN_URL,
    CLIENT_ID,
    CLIENT_SECRET_FILE,
    GATEWAY_TOKEN_FILE,
    JOB_TEMPLATE_FILE,
    CANCEL_TIMEOUT_SECONDS,
    DELETE_TIMEOUT_SECONDS,
  }: Readonly<Record<string, unknown>>): string[] => [
    ...((TOKEN_URL === undefined) === (GATEWAY_TOKEN_FILE === undefined)
      ? ['one of TOKEN_URL (with CLIENT_ID and CLIENT_SECRET_FILE) and GATEWAY_TOKEN_FILE is needed, and not both']
      : []),
    ...(TOKEN_URL !== undefined && (CLIENT_ID === undefined || CLIENT_SECRET_FILE === undefined)
      ? ['TOKEN_URL needs CLIENT_ID and CLIENT_SECRET_FILE']
      : []),
    ...(Number(DELETE_TIMEOUT_SECONDS) < Number(CANCEL_TIMEOUT_SECONDS)
      ? ['DELETE_TIMEOUT_SECONDS must be CANCEL_TIMEOUT_SECONDS at least']
      : []),
    ...(typeof JOB_TEMPLATE_FILE === 'string' ? templateProblems(JOB_TEMPLATE_FILE) : []),
  ],
};
export type Config = Static<typeof CONFIG.schema>;

function templateProblems(file: string): string[] {
  try {
    readTemplate(file);
    return [];
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    return [`JOB_TEMPLATE_FILE ${error.message}`];
  }
}
