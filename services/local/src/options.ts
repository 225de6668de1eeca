import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { UserError } from './instance/user-error.ts';

export interface StartOptions {
  port: number;
  host: string;
  /** Absolute; meaningless when ephemeral. */
  dataDir: string;
  demo: boolean;
  /** Nothing is kept after the stop. */
  ephemeral: boolean;
  /** Deletes what the data folder holds, first. */
  reset: boolean;
  /** host:port of a Kafka broker; without it the read model is fed from the log directly. */
  kafka: string | null;
  /** Address in the browser when something stands in front (npm run dev); without a path. */
  publicUrl: string | null;
}

/** The address to open in a browser of this machine. */
export function urlOf({ host, port }: Pick<StartOptions, 'host' | 'port'>): string {
  const everywhere = host === '0.0.0.0' || host === '::';
  return `http://${everywhere ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host}:${port}`;
}

export const EXIT_USAGE = 2;

export const HELP = `LedgerFlow on this machine

  npm start -- [options]

  --port PORT         port of the HTTP API (8080)
  --host HOST         address it listens on (127.0.0.1: this machine only)
  --data-dir FOLDER   where data, logs and keys are kept (.ledgerflow)
  --no-demo           no demo ledger on the first start
  --ephemeral         keep nothing: data in a temporary folder, deleted at the end
  --reset             delete what the data folder holds, then start
  --public-url URL    address in the browser, when a proxy stands in front
  --kafka HOST:PORT   send records through this Kafka broker (npm run kafka starts one)
  --help              this text
`;

const PORT_MAX = 65_535;

function usage(message: string): UserError {
  return new UserError(`${message}; npm start -- --help lists the options`, EXIT_USAGE);
}

function portOf(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : -1;
  if (port < 1 || port > PORT_MAX) throw usage(`--port ${text} is not a port (1 to ${PORT_MAX})`);
  return port;
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        port: { type: 'string', default: '8080' },
        host: { type: 'string', default: '127.0.0.1' },
        'data-dir': { type: 'string', default: '.ledgerflow' },
        'no-demo': { type: 'boolean', default: false },
        ephemeral: { type: 'boolean', default: false },
        reset: { type: 'boolean', default: false },
        kafka: { type: 'string' },
        'public-url': { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') throw usage(`unknown option ${/'([^']+)'/.exec(message)?.[1] ?? ''}`);
    if (code === 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL') throw usage(`unexpected argument ${/'([^']+)'/.exec(message)?.[1] ?? ''}`);
    throw usage(message.split('.')[0] ?? message);
  }
}

/** The options of `npm start`, or 'help'. Throws UserError (exit 2) for what cannot be understood. */
export function parseOptions(args: string[]): StartOptions | 'help' {
  const values = parse(args);
  if (values.help) return 'help';
  const kafka = values.kafka ?? null;
  if (kafka !== null && !(/^[^,\s:]+:\d{1,5}$/.test(kafka) && Number(kafka.split(':')[1]) <= PORT_MAX))
    throw usage(`--kafka ${kafka} is not HOST:PORT`);
  const publicUrl = values['public-url'] ?? null;
  if (publicUrl !== null && (!URL.canParse(publicUrl) || new URL(publicUrl).origin !== publicUrl))
    throw usage(`--public-url ${publicUrl} is not an address without a path, like https://ledger.example.com`);
  if (values.host === '') throw usage('--host is empty');
  if (values['data-dir'] === '') throw usage('--data-dir is empty');
  if (values.ephemeral && values.reset)
    throw usage('--reset and --ephemeral together make no sense: an ephemeral start has nothing to delete');
  return {
    port: portOf(values.port),
    host: values.host,
    dataDir: resolve(values['data-dir']),
    demo: !values['no-demo'],
    ephemeral: values.ephemeral,
    reset: values.reset,
    kafka,
    publicUrl,
  };
}
