import { readFileSync } from 'node:fs';
import { parse as parseYaml } from 'yaml';
import type { Job } from '../../kube/resources.ts';

/** Of a Job's pods. */
export type JobTemplate = NonNullable<Job['spec']>['template'];

/** The container of the template that runs the rebuild. */
export const CONTAINER = 'rebuild';

/** The template of a rebuild's pods is not one that the operator may use. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
}

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

const FORBIDDEN_IN_POD = ['hostNetwork', 'hostPID', 'hostIPC', 'initContainers', 'ephemeralContainers'];

/**
 * The pod template (YAML: metadata, spec) that the administrator gives to all rebuilds: image, identity, volumes, environment. It must have one container named `rebuild`, whose
 * command is that of the read-model-builder and whose args are the operator's. Throws a TemplateError with all mistakes.
 */
export function parseTemplate(text: string): JobTemplate {
  let template: unknown;
  try {
    template = parseYaml(text);
  } catch (error) {
    throw new TemplateError(`not YAML: ${(error as Error).message}`);
  }
  const problems = problemsOf(template);
  if (problems.length > 0) throw new TemplateError(problems.join('; '));
  return template as JobTemplate;
}

export function readTemplate(file: string): JobTemplate {
  try {
    return parseTemplate(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new TemplateError(`${file}: ${(error as Error).message}`);
  }
}

function problemsOf(template: unknown): string[] {
  if (!isObject(template) || !isObject(template['spec'])) return ['it is not a pod template: an object with spec'];
  const problems: string[] = [];
  for (const name of Object.keys(template)) if (name !== 'metadata' && name !== 'spec') problems.push(`${name} is not of a pod template`);
  const spec = template['spec'];
  for (const name of FORBIDDEN_IN_POD) if (spec[name] !== undefined && spec[name] !== false) problems.push(`spec.${name} is not allowed`);
  const volumes = Array.isArray(spec['volumes']) ? (spec['volumes'] as unknown[]) : [];
  for (const volume of volumes)
    if (isObject(volume) && volume['hostPath'] !== undefined) problems.push(`volume ${String(volume['name'])}: hostPath is not allowed`);
  const containers = Array.isArray(spec['containers']) ? (spec['containers'] as unknown[]).filter(isObject) : [];
  const container = containers.find(({ name }) => name === CONTAINER);
  if (containers.length !== 1 || container === undefined) return [...problems, `spec.containers must be one container named ${CONTAINER}`];
  if (typeof container['image'] !== 'string' || container['image'] === '') problems.push('its container has no image');
  if (container['args'] !== undefined) problems.push("its container's args are the operator's: put the program into command");
  const security = isObject(container['securityContext']) ? container['securityContext'] : {};
  if (security['privileged'] === true) problems.push('its container must not be privileged');
  if (security['allowPrivilegeEscalation'] === true) problems.push('its container must not be allowed to raise its privileges');
  return problems;
}
