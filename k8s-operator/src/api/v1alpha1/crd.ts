import type { TSchema } from 'typebox';
import { stringify } from 'yaml';
import { ProjectionRebuildSpec, ProjectionRebuildStatus } from './projection-rebuild.ts';
import { NAME_RULE, ProjectionScheduleSpec, ProjectionScheduleStatus } from './projection-schedule.ts';
import { cel, type CelRule } from './schema.ts';

type Json = { [name: string]: unknown };

/** What a structural schema may say of a value; anything else the API server would refuse, or worse, ignore. */
const KEYWORDS = new Set(
  (
    'type format description default enum pattern minimum maximum minLength maxLength maxItems maxProperties properties additionalProperties required items anyOf ' +
    'x-kubernetes-validations x-kubernetes-int-or-string x-kubernetes-list-type x-kubernetes-list-map-keys'
  ).split(' '),
);

/** A schema as a custom resource definition holds it. What has a default is not required: the API server fills it in. */
export function structural(schema: TSchema | Json): Json {
  const result: Json = {};
  for (const [keyword, value] of Object.entries(schema as Json)) {
    if (!KEYWORDS.has(keyword)) throw new Error(`a structural schema has no ${keyword}`);
    result[keyword] = value;
  }
  if (result['properties'] !== undefined) {
    const properties = Object.entries(result['properties'] as Record<string, Json>);
    result['properties'] = Object.fromEntries(properties.map(([name, property]) => [name, structural(property)]));
    const required = ((result['required'] as string[] | undefined) ?? []).filter((name) => {
      const property = (result['properties'] as Record<string, Json>)[name];
      return property?.['default'] === undefined;
    });
    delete result['required'];
    if (required.length > 0) result['required'] = required;
  }
  if (result['items'] !== undefined) result['items'] = structural(result['items'] as Json);
  return result;
}

interface Kind {
  kind: string;
  plural: string;
  singular: string;
  shortName: string;
  description: string;
  columns: readonly { name: string; type: string; jsonPath: string; description?: string; priority?: number }[];
  spec: TSchema;
  status: TSchema;
  rules: readonly CelRule[];
}

const AGE = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };

export const KINDS: readonly Kind[] = [
  {
    kind: 'ProjectionRebuild',
    plural: 'projectionrebuilds',
    singular: 'projectionrebuild',
    shortName: 'prb',
    description: 'One rebuild of projections: made anew beside the live ones, proven equal to the log, put in their place.',
    columns: [
      { name: 'Projection', type: 'string', jsonPath: '.spec.projection' },
      { name: 'Scope', type: 'string', jsonPath: '.status.scope' },
      { name: 'Phase', type: 'string', jsonPath: '.status.phase' },
      { name: 'Progress', type: 'integer', jsonPath: '.status.progress', description: 'Per cent' },
      AGE,
      { name: 'Rate', type: 'integer', jsonPath: '.status.rate', description: 'Records a second', priority: 1 },
      { name: 'Message', type: 'string', jsonPath: '.status.message', priority: 1 },
    ],
    spec: ProjectionRebuildSpec,
    status: ProjectionRebuildStatus,
    rules: [],
  },
  {
    kind: 'ProjectionSchedule',
    plural: 'projectionschedules',
    singular: 'projectionschedule',
    shortName: 'psch',
    description: 'Makes ProjectionRebuilds by the clock.',
    columns: [
      { name: 'Schedule', type: 'string', jsonPath: '.spec.schedule' },
      { name: 'Time zone', type: 'string', jsonPath: '.spec.timeZone' },
      { name: 'Projection', type: 'string', jsonPath: '.spec.template.spec.projection' },
      { name: 'Suspend', type: 'boolean', jsonPath: '.spec.suspend' },
      { name: 'Scheduled', type: 'string', jsonPath: '.status.conditions[?(@.type=="Scheduled")].status' },
      { name: 'Reason', type: 'string', jsonPath: '.status.conditions[?(@.type=="Scheduled")].reason' },
      { name: 'Last', type: 'date', jsonPath: '.status.lastScheduleTime' },
      { name: 'Next', type: 'string', jsonPath: '.status.nextScheduleTime' },
      AGE,
    ],
    spec: ProjectionScheduleSpec,
    status: ProjectionScheduleStatus,
    rules: [NAME_RULE],
  },
];

/** The custom resource definition of a kind. */
function definitionOf({ kind, plural, singular, shortName, description, columns, spec, status, rules }: Kind): Json {
  const schema = {
    type: 'object',
    description,
    required: ['spec'],
    properties: { spec: structural(spec), status: structural(status) },
    ...(rules.length === 0 ? {} : cel(...rules)),
  };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.ledgerflow.io` },
    spec: {
      group: 'ledgerflow.io',
      scope: 'Namespaced',
      names: { kind, listKind: `${kind}List`, plural, singular, shortNames: [shortName], categories: ['ledgerflow'] },
      versions: [
        {
          name: 'v1alpha1',
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: columns,
          schema: { openAPIV3Schema: schema },
        },
      ],
    },
  };
}

/** Each custom resource definition as YAML, by its plural. */
export function definitions(): Record<string, string> {
  return Object.fromEntries(KINDS.map((kind) => [kind.plural, stringify(definitionOf(kind), { lineWidth: 0 })]));
}
