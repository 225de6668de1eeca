import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import type { Logger } from '@ledgerflow/platform/log';
import { FAILED_CODE, type Command } from '../command.ts';
import { AttendedRebuild, type Resources } from '../rebuild/attended.ts';
import { EXIT_CODES } from '../rebuild/command.ts';
import { openResources } from '../rebuild/resources.ts';
import { Adoption } from './adoption.ts';

const USAGE = `read-model-builder adopt-epoch (--ledger=ID | --all) [--yes] [--json]

Follows ledgers that were restored to an older state into the epoch that was raised for them: says what it will do, and with --yes makes the read model of each anew from the writer's
log, proves it, and puts it in the place of the present one. Only of ledgers at which the read side has stopped. Broken off, also by SIGTERM or Ctrl-C, it goes on
when it is run again, and not before: no builder takes it over. Done twice, it does no harm.

  --ledger  one ledger
  --all     all at which the read side has stopped
  --yes     do it; without it nothing is changed
  --json    a line of JSON for each step instead of text

Ends 0 when all of them are in the writer's epoch, 1 when one could not be taken there (and why), 2 for a mistake in these options, 3 when a rebuild of the same rows is going on, 4 when --yes is
missing or it was cancelled, 5 when the proof refused what was made (the first differing row is told; the present rows stay).
`;

export interface AdoptArguments {
  /** Null: all that are stopped. */
  ledger: string | null;
  isMeant: boolean;
  isJson: boolean;
}

/** Parses the options after `adopt-epoch`. Throws an Error whose message says what is wrong; null when help was asked for. */
export function parseAdoptArguments(argv: readonly string[]): AdoptArguments | null {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      ledger: { type: 'string' },
      all: { type: 'boolean', default: false },
      yes: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
    strict: true,
  });
  if (values.help) return null;
  const { ledger = null, all, yes: isMeant, json: isJson } = values;
  if (ledger === '') throw new Error('--ledger must not be empty');
  if (all === (ledger !== null)) throw new Error('adopt-epoch takes --ledger=ID or --all');
  return { ledger, isMeant, isJson };
}

export const ADOPT_EPOCH: Command<AdoptArguments> = {
  name: 'adopt-epoch',
  usage: USAGE,
  parse: parseAdoptArguments,
  run: (options, { config, log, parts, stopping, write }) => adoptEpochs(options, openResources(config, log, parts), log, write, stopping),
};

/** Plans for all of the ledgers, and then, if it is meant, one after the other. Answers the exit code: the first that is not 0. */
export async function adoptEpochs(
  { ledger, isMeant, isJson }: AdoptArguments,
  resources: Resources,
  log: Logger,
  write: (text: string) => void,
  stopping: AbortSignal,
): Promise<number> {
  const tell = (event: Record<string, unknown>, text: string): void => write(isJson ? `${JSON.stringify(event)}\n` : text);
  const adoption = new Adoption(resources);
  const { plans, left } = await adoption.plan(ledger);
  for (const { ledger: of, kind, text } of left) tell({ event: 'left', ledger: of, kind, reason: text }, `${text}\n`);
  for (const { plan, text } of plans) tell({ event: 'plan', ...plan }, text);
  if (plans.length === 0 && left.length === 0) tell({ event: 'nothing' }, 'The read side has stopped at no ledger.\n');
  const codes: number[] = left.map(({ kind }) => (kind === 'adopted' ? 0 : FAILED_CODE));
  if (plans.length > 0 && !isMeant) {
    tell({ event: 'not meant' }, 'Nothing was changed: run it again with --yes.\n');
    codes.push(EXIT_CODES.cancelled);
  } else
    for (const { plan } of plans) {
      const id = (await adoption.open(plan)) ?? randomUUID();
      const rebuild = {
        projection: null,
        ledger: plan.ledger,
        account: null,
        maxRate: null,
        epoch: plan.to.epoch,
        isProveOnly: false,
        // When this process ends nobody goes on with it but who runs the command again.
        isByIdOnly: true,
        isIdAlone: false,
        id,
        isJson,
      };
      const outcome = await new AttendedRebuild(rebuild, resources, log, write, stopping).run();
      if (outcome === 'swapped')
        tell({ event: 'adopted', ledger: plan.ledger, epoch: plan.to.epoch }, `${plan.ledger} is in epoch ${plan.to.epoch}.\n`);
      codes.push(outcome === 'failed' ? FAILED_CODE : EXIT_CODES[outcome]);
      if (outcome === 'stopped') break;
    }
  return codes.find((code) => code !== 0) ?? 0;
}
