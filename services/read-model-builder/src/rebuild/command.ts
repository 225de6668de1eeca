import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { PROJECTIONS, REBUILD_RATE_MAX, REPAIRED_IN_PLACE } from '@ledgerflow/read-model/projections';
import { USAGE_CODE, type Command } from '../command.ts';
import { AttendedRebuild } from './attended.ts';
import { openResources } from './resources.ts';
import type { RunOutcome } from './run.ts';

const USAGE = `read-model-builder rebuild [--projection=NAME] [--ledger=ID] [--account=ID] [--max-rate=N] [--id=UUID [--by-id-only]] [--prove-only] [--json]

Makes projections anew beside the live ones, proves them against the writer, and puts them in their place. Readers notice nothing.

  --projection  one of: ${PROJECTIONS.map(({ name }) => name).join(', ')}; default all
  --ledger      one ledger; default all
  --account     repairs the rows of one account in place; needs --ledger, of which no record of an account is parked or was discarded
  --max-rate    records a second, ${REBUILD_RATE_MAX} at most; default no limit
  --id          UUID of the rebuild: asked for again, alone or with the same options, it goes on where it was (what a restarted Job does), or tells what it came to
  --by-id-only  only who names the --id works on it: no builder goes on when this process ends. Until it is gone on with or cancelled, no other rebuild of the same rows begins
  --prove-only  drops what was made and proven: the live rows are not touched; not with --account
  --json        a line of JSON for each step instead of text; the last one has "outcome", and "position" and "digest" when it was one projection of one ledger

SIGTERM and SIGINT give the rebuild back, for whoever goes on.

Exit codes
  0  the new generations are live, or with --prove-only were proven
  1  this process was stopped, lost the rebuild to another one, or could not reach the database: the same --id goes on
  2  a mistake in these options, or what they ask for can not be: nothing was begun
  3  a rebuild of the same rows is going on, or another process works on this one
  4  it was cancelled
  5  the gate refused it: the first differing row is told; the live rows stay
  6  it failed, and has ended: the same --id tells so again
`;

export const EXIT_CODES: Readonly<Record<RunOutcome | 'not begun' | 'in progress', number>> = {
  swapped: 0,
  proven: 0,
  failed: 6,
  lost: 1,
  stopped: 1,
  'not begun': USAGE_CODE,
  'in progress': 3,
  cancelled: 4,
  refused: 5,
};

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export interface RebuildArguments {
  projection: string | null;
  ledger: string | null;
  account: string | null;
  maxRate: number | null;
  id: string;
  isByIdOnly: boolean;
  isProveOnly: boolean;
  /** Nothing but the id was named. */
  isIdAlone: boolean;
  isJson: boolean;
}

/** Parses the options after `rebuild`. Throws an Error whose message says what is wrong; null when help was asked for. */
export function parseRebuildArguments(argv: readonly string[]): RebuildArguments | null {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      projection: { type: 'string' },
      ledger: { type: 'string' },
      account: { type: 'string' },
      'max-rate': { type: 'string' },
      id: { type: 'string' },
      'by-id-only': { type: 'boolean', default: false },
      'prove-only': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
    strict: true,
  });
  if (values.help) return null;
  const { projection = 'all', ledger = null, account = null, id = randomUUID() } = values;
  if (projection !== 'all' && !PROJECTIONS.some(({ name }) => name === projection)) throw new Error(`there is no projection ${projection}`);
  if (account !== null && ledger === null) throw new Error('--account needs --ledger');
  if (ledger === '' || account === '') throw new Error('--ledger and --account must not be empty');
  const rate = values['max-rate'];
  if (rate !== undefined && (!/^[0-9]+$/.test(rate) || Number(rate) < 1 || Number(rate) > REBUILD_RATE_MAX))
    throw new Error(`--max-rate is a whole number from 1 to ${REBUILD_RATE_MAX}`);
  if (account !== null && projection !== 'all' && !REPAIRED_IN_PLACE.has(projection))
    throw new Error(`the rows of one account can not be made anew in ${projection}`);
  if (!UUID.test(id)) throw new Error('--id is a UUID in lower case');
  if (values['by-id-only'] && values.id === undefined) throw new Error('--by-id-only needs --id');
  if (values['prove-only'] && account !== null) throw new Error('--prove-only is not for one --account, whose rows are repaired in place');
  return {
    projection: projection === 'all' ? null : projection,
    ledger,
    account,
    maxRate: rate === undefined ? null : Number(rate),
    id,
    isByIdOnly: values['by-id-only'],
    isProveOnly: values['prove-only'],
    isIdAlone:
      values.id !== undefined && Object.entries(values).every(([name, value]) => name === 'id' || name === 'json' || value === false),
    isJson: values.json,
  };
}

export const REBUILD: Command<RebuildArguments> = {
  name: 'rebuild',
  usage: USAGE,
  parse: parseRebuildArguments,
  run: async (options, { config, log, parts, stopping, write }) => {
    const resources = openResources(config, log, parts);
    return EXIT_CODES[await new AttendedRebuild({ ...options, epoch: null }, resources, log, write, stopping).run()];
  },
};
