import { Ajv, type ErrorObject } from 'ajv';
import addFormats from 'ajv-formats';
import { Type, type Static, type TObject, type TSchema } from 'typebox';

/** sysexits EX_CONFIG: what a service exits with when its configuration is wrong, so that a supervisor does not start it again. */
export const EXIT_CONFIG = 78;

/**
 * A service's configuration: environment variable names with their JSON Schema. Descriptions, defaults and `secret` go into
 * `.env.example` and docs/reference/configuration.md, which are generated from here.
 */
export interface ConfigDefinition<T extends TObject = TObject> {
  service: string;
  schema: T;
  /** What a schema can not say: the mistakes that are left, each in words. Called whatever the schema says. */
  check?(values: Readonly<Record<string, unknown>>): readonly string[];
}

interface VariableOptions {
  description: string;
  /** Never printed, not even in an error. */
  secret?: boolean;
}

type Options<D> = VariableOptions & { default?: D };

/** An optional variable: undefined when it is not set. */
export const optional = <T extends TSchema>(schema: T) => Type.Optional(schema);
export const text = (options: Options<string>) => Type.String({ minLength: 1, ...options });
export const integer = (options: Options<number> & { minimum?: number; maximum?: number }) => Type.Integer({ minimum: 0, ...options });
export const flag = (options: Options<boolean>) => Type.Boolean({ ...options });
export const oneOf = <const T extends readonly string[]>(values: T, options: Options<T[number]>) =>
  Type.Unsafe<T[number]>({ type: 'string', enum: values, ...options });
export const port = (options: Options<number>) => Type.Integer({ minimum: 0, maximum: 65_535, ...options });
export const databaseUrl = (options: Options<string>) => Type.String({ pattern: '^postgres(ql)?://', secret: true, ...options });
/** "host:port,host:port". */
export const addresses = (options: Options<string>) => Type.String({ pattern: '^[^,\\s:]+:[0-9]+(,[^,\\s:]+:[0-9]+)*$', ...options });

/** What every service has. */
export const commonVariables = {
  LOG_LEVEL: oneOf(['trace', 'debug', 'info', 'warn', 'error', 'silent'], {
    description: 'Least severe level that is logged',
    default: 'info',
  }),
  OPS_HOST: text({ description: 'Address of the operations server: /healthz, /readyz, /metrics', default: '127.0.0.1' }),
  OPS_PORT: port({ description: 'Port of the operations server; 0 takes a free one', default: 0 }),
};

export const tlsVariables = {
  TLS_CA_FILE: text({ description: 'PEM file of the authority that signs the services of this deployment' }),
  TLS_CERT_FILE: text({ description: "PEM file of this service's certificate; its URI SAN spiffe://ledgerflow/<service> is its identity" }),
  TLS_KEY_FILE: text({ description: "PEM file of this service's private key" }),
};

/** A variable for tests: a process whose NODE_ENV is not test does not start with it. It is left out of the documentation for operators. */
export const testOnly = <T extends TSchema>(schema: T): T => Object.assign(schema, { testOnly: true });

/** Node's condition (--conditions) under which the mistakes to plant are loaded at all. */
export const PLANTED_BUGS_CONDITION = 'planted-bugs';

/** A mistake to make on purpose, so that it is seen whether a test finds it. `names` are those in this process: none unless it was started for them. */
export const plantedBug = (names: readonly string[]) =>
  optional(testOnly(Type.Unsafe<string>(names.length > 0 ? { type: 'string', enum: names } : { not: {} })));

/** All mistakes of one environment, each naming its variable; never a value. */
export class ConfigError extends Error {
  override name = 'ConfigError';
  readonly problems: readonly string[];
  constructor(service: string, problems: readonly string[]) {
    super(`${service}: the configuration is wrong\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}

const ajv = new Ajv({ allErrors: true, coerceTypes: true, useDefaults: true, strict: false });
addFormats.default(ajv);

function describe(error: ErrorObject): string {
  if (error.keyword === 'required') return `${String(error.params['missingProperty'])} is required`;
  const name = error.instancePath.slice(1);
  if (error.keyword === 'not') return `${name} is of no use: the process was not started with --conditions=${PLANTED_BUGS_CONDITION}`;
  if (error.keyword === 'enum') return `${name} must be one of ${(error.params['allowedValues'] as unknown[]).join(', ')}`;
  return `${name} ${error.message ?? 'is wrong'}`.trimStart();
}

/**
 * Parses an environment by a definition. Empty variables count as absent. Throws ConfigError with all mistakes at once.
 */
export function parseConfig<T extends TObject>(
  definition: ConfigDefinition<T>,
  environment: Record<string, string | undefined>,
): Static<T> {
  const values: Record<string, unknown> = {};
  for (const name of Object.keys(definition.schema.properties)) {
    const value = environment[name];
    if (value !== undefined && value !== '') values[name] = value;
  }
  const validate = ajv.compile(definition.schema);
  const problems = validate(values) ? [] : (validate.errors ?? []).map(describe);
  problems.push(...(definition.check?.(values) ?? []));
  if (environment['NODE_ENV'] !== 'test')
    for (const [name, schema] of Object.entries(definition.schema.properties))
      if ('testOnly' in schema && values[name] !== undefined) problems.push(`${name} is for tests: NODE_ENV has to be test`);
  if (problems.length > 0) throw new ConfigError(definition.service, problems);
  return values as Static<T>;
}

/** parseConfig of this process's environment; tells all mistakes on standard error and exits 78. */
export function loadConfig<T extends TObject>(definition: ConfigDefinition<T>): Static<T> {
  try {
    return parseConfig(definition, process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(EXIT_CONFIG);
  }
}
