import { electionRules, type Rule, WORK_RULES } from '../src/rbac.ts';
import type { AuditedRequest, ControlPlane, User } from './control-plane/index.ts';

export const RULES: readonly Rule[] = [...WORK_RULES, ...electionRules('ledgerflow-operator')];

export const kindOf = ({ resource, subresource }: AuditedRequest): string =>
  subresource === null ? `${resource}` : `${resource}/${subresource}`;

const allows = (rule: Rule, request: AuditedRequest): boolean =>
  rule.apiGroups.includes(request.group ?? '-') &&
  rule.resources.includes(kindOf(request)) &&
  rule.verbs.includes(request.verb) &&
  (rule.resourceNames === undefined || rule.resourceNames.includes(request.name ?? ''));

/** What an operator asked so far, without the question of createOperator whether its rights count yet. */
export const requestsOf = async (plane: ControlPlane, { name }: User): Promise<AuditedRequest[]> =>
  (await plane.auditLog(name)).filter(({ verb, path }) => !(verb === 'list' && path.endsWith('/jobs?limit=1')));

/** What of it no rule of the operator's allows. */
export const outsideOfItsRights = (requests: readonly AuditedRequest[]): string[] =>
  requests.filter((request) => !RULES.some((rule) => allows(rule, request))).map(({ verb, path, status }) => `${status} ${verb} ${path}`);
