import { globSync } from 'node:fs';
import { join } from 'node:path';
import type { ConfigDefinition } from '@ledgerflow/platform/config';
import type { GeneratedFiles } from './files.ts';

const ROOT = join(import.meta.dirname, '../..');

interface Variable {
  type?: string;
  enum?: readonly string[];
  description?: string;
  default?: string | number | boolean;
  secret?: boolean;
  testOnly?: boolean;
}

async function definitions(): Promise<ConfigDefinition[]> {
  const found: ConfigDefinition[] = [];
  for (const file of globSync('{services/*,k8s-operator}/src/config.ts', { cwd: ROOT }).sort()) {
    const module = (await import(join(ROOT, file))) as Record<string, unknown>;
    const exported = Object.values(module).filter(
      (value): value is ConfigDefinition => typeof value === 'object' && value !== null && 'service' in value && 'schema' in value,
    );
    if (exported.length === 0) throw new Error(`${file} exports no configuration definition`);
    found.push(...exported);
  }
  return found.sort((a, b) => (a.service < b.service ? -1 : 1));
}

function variables({ schema }: ConfigDefinition): { name: string; variable: Variable; required: boolean }[] {
  const required = new Set<string>((schema as { required?: string[] }).required ?? []);
  const shown = Object.entries(schema.properties as Record<string, Variable>).filter(([, variable]) => variable.testOnly !== true);
  return shown.map(([name, variable]) => ({
    name,
    variable,
    required: required.has(name) && variable.default === undefined,
  }));
}

const kind = (variable: Variable): string => variable.enum?.join(' \\| ') ?? variable.type ?? 'string';

function page(all: ConfigDefinition[]): string {
  const sections = all.map((definition) => {
    const rows = variables(definition).map(({ name, variable, required }) => {
      const value = required ? '**required**' : variable.default === undefined ? '–' : `\`${String(variable.default)}\``;
      return `| \`${name}\` | ${kind(variable)} | ${value} | ${(variable.description ?? '').replaceAll('|', '\\|')}${variable.secret === true ? ' (secret: never printed)' : ''} |`;
    });
    return `## ${definition.service}\n\n| Variable | Type | Default | Meaning |\n| --- | --- | --- | --- |\n${rows.join('\n')}\n`;
  });
  return `# Configuration

Generated from the services' configuration schemas by \`npm run generate\`. Environment variables, parsed once a service; an empty one counts as absent; all mistakes are
reported together and the process exits 78. \`npm start\` sets all of them.

${sections.join('\n')}`;
}

function example(all: ConfigDefinition[]): string {
  const sections = all.map((definition) => {
    const lines = variables(definition).map(({ name, variable, required }) => {
      const value = variable.secret === true || variable.default === undefined ? '' : String(variable.default);
      return `# ${variable.description ?? ''}${required ? ' (required)' : ''}\n${required ? '' : '# '}${name}=${value}`;
    });
    return `# --- ${definition.service} ---\n${lines.join('\n')}\n`;
  });
  return `# Generated from the services' configuration schemas by npm run generate. One section a service.\n\n${sections.join('\n')}`;
}

/** `.env.example` and docs/reference/configuration.md. */
export async function configurationFiles(): Promise<GeneratedFiles> {
  const all = await definitions();
  return { 'docs/reference/configuration.md': page(all), '.env.example': example(all) };
}
