import { Registry } from '@ledgerflow/platform/metrics';
import type { TSchema } from 'typebox';
import { KINDS } from '../../k8s-operator/src/api/v1alpha1/crd.ts';
import type { CelRule } from '../../k8s-operator/src/api/v1alpha1/schema.ts';
import {
  PHASE_MEANINGS,
  REBUILD_EVENTS,
  REBUILD_REASONS,
  SCHEDULE_EVENTS,
  SCHEDULE_REASONS,
} from '../../k8s-operator/src/controllers/catalogue.ts';
import { phaseGauge } from '../../k8s-operator/src/controllers/projection-rebuild/phases.ts';
import { operatorMetrics } from '../../k8s-operator/src/runtime/metrics.ts';
import type { GeneratedFiles } from './files.ts';

interface Schema {
  type?: string;
  enum?: readonly string[];
  description?: string;
  default?: unknown;
  properties?: Record<string, Schema>;
  required?: readonly string[];
  items?: Schema;
  additionalProperties?: Schema;
  format?: string;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  maxItems?: number;
  maxProperties?: number;
  'x-kubernetes-validations'?: readonly CelRule[];
  'x-kubernetes-int-or-string'?: boolean;
}

const cell = (text: string): string => text.replaceAll('|', '\\|');
const table = (heads: readonly string[], rows: readonly (readonly string[])[]): string =>
  [`| ${heads.join(' | ')} |`, `|${' --- |'.repeat(heads.length)}`, ...rows.map((row) => `| ${row.map(cell).join(' | ')} |`)].join('\n');

function typeOf(schema: Schema): string {
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${value}\``).join(', ');
  if (schema['x-kubernetes-int-or-string'] === true) return 'quantity';
  if (schema.items !== undefined) return `list of ${schema.items.properties === undefined ? typeOf(schema.items) : 'objects'}`;
  if (schema.additionalProperties !== undefined) return 'map of texts';
  if (schema.format === 'date-time') return 'time';
  return schema.type ?? 'any';
}

function boundsOf({ minimum, maximum, pattern, maxLength, maxItems, maxProperties }: Schema): string {
  return [
    minimum === undefined ? '' : maximum === undefined ? `from ${minimum}` : `${minimum} to ${maximum}`,
    pattern === undefined ? '' : `\`${pattern}\``,
    maxLength === undefined ? '' : `at most ${maxLength} characters`,
    maxItems === undefined ? '' : `at most ${maxItems}`,
    maxProperties === undefined ? '' : `at most ${maxProperties} entries`,
  ]
    .filter((text) => text !== '')
    .join('; ');
}

function* fieldsOf(schema: Schema, path: string): Iterable<string[]> {
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    const isRequired = schema.required?.includes(name) === true && field.default === undefined;
    const value = field.default === undefined ? (isRequired ? '**required**' : '') : `\`${JSON.stringify(field.default)}\``;
    yield [`\`${path}${name}\``, typeOf(field), value, boundsOf(field), field.description ?? ''];
    // Told of at the other kind.
    if (`${path}${name}` === 'template.spec') continue;
    yield* fieldsOf(field, `${path}${name}.`);
    if (field.items !== undefined) yield* fieldsOf(field.items, `${path}${name}[].`);
  }
}

function* rulesOf(schema: Schema): Iterable<CelRule> {
  yield* schema['x-kubernetes-validations'] ?? [];
  for (const [name, field] of Object.entries(schema.properties ?? {})) if (name !== 'template') yield* rulesOf(field);
  const { metadata } = schema.properties?.['template']?.properties ?? {};
  if (metadata !== undefined) yield* rulesOf(metadata);
}

const FIELDS = ['Field', 'Type', 'Default', 'Bounds', 'Meaning'];

function kindSection({ kind, plural, shortName, description, spec, status, rules }: (typeof KINDS)[number]): string {
  const read = (schema: TSchema): Schema => schema as unknown as Schema;
  const messages = [...rules, ...rulesOf(read(spec))].map(({ message }) => `- ${message}`);
  return `## ${kind}

\`ledgerflow.io/v1alpha1\`, \`${plural}\`, \`${shortName}\`. ${description}

### Spec

${table(FIELDS, [...fieldsOf(read(spec), '')])}

Beyond the bounds the API server refuses, with these words:

${messages.join('\n')}

### Status

${table(
  ['Field', 'Type', 'Meaning'],
  [...fieldsOf(read(status), '')].map(([field = '', type = '', , , meaning = '']) => [field, type, meaning]),
)}
`;
}

const meanings = (head: string, all: Readonly<Record<string, string>>): string =>
  table(
    [head, 'Means'],
    Object.entries(all).map(([name, meaning]) => [`\`${name}\``, meaning]),
  );

async function metricsTable(): Promise<string> {
  const registry = new Registry();
  operatorMetrics(registry);
  phaseGauge(registry, { list: () => [] }, { isLeader: true });
  const rows = registry.getMetricsAsArray().map((metric) => {
    const { name, help, type, labelNames = [] } = metric as unknown as { name: string; help: string; type: string; labelNames?: string[] };
    return [`\`${name}\``, type, labelNames.map((label) => `\`${label}\``).join(', '), help];
  });
  return table(
    ['Metric', 'Type', 'Labels', 'Meaning'],
    rows.sort(([a = ''], [b = '']) => (a < b ? -1 : 1)),
  );
}

/** docs/reference/operator.md. */
export async function operatorReference(): Promise<GeneratedFiles> {
  const [rebuild, schedule] = KINDS.map(kindSection);
  const conditions = Object.entries(REBUILD_REASONS).map(([type, reasons]) => {
    const own =
      type === 'Running'
        ? Object.entries(reasons).filter(([reason]) => REBUILD_REASONS['Failed']?.[reason] === undefined)
        : Object.entries(reasons);
    const others = type === 'Running' ? '\nAnd each of Failed: at its end, or being cancelled for it.\n' : '';
    return `#### ${type}\n\n${meanings('Reason', Object.fromEntries(own))}\n${others}`;
  });
  const phases = Object.entries(PHASE_MEANINGS).map(([phase, { means, todo }]) => [`\`${phase}\``, means, todo]);
  const page = `# The operator's objects

Generated from the operator's types by \`npm run generate\`. How it works: [concepts](../concepts/operator.md). How to use it: [rebuild a projection](../guides/rebuild-a-projection.md). Its
variables: [configuration](configuration.md#k8s-operator).

${rebuild}
### Phases

${table(['Phase', 'Means', 'To be done'], phases)}

### Conditions

${conditions.join('\n')}
### Events

Of each phase that it comes to and of each reason of \`Running\` that a person should know of, and:

${meanings('Event', REBUILD_EVENTS)}

${schedule}
### Condition Scheduled

${meanings('Reason', SCHEDULE_REASONS)}

### Events

${meanings('Event', SCHEDULE_EVENTS)}

## Metrics

On \`/metrics\` of the operations server, beside those of the process.

${await metricsTable()}
`;
  return { 'docs/reference/operator.md': page };
}
