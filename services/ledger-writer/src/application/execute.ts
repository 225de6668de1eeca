import { randomUUID } from 'node:crypto';
import type { Command, Principal } from '@ledgerflow/contracts/grpc';
import { decideBatch, type Outcome } from '../domain/batch.ts';
import { refusal } from '../domain/decision.ts';
import { emptyView } from '../domain/empty.ts';
import type { Submission } from '../domain/state.ts';
import { mayCommand } from './authorise.ts';
import { checkCommand, measure } from './check.ts';
import { StoreUnavailableError } from './errors.ts';
import type { Answer, Caller, GroupCommit } from './group-commit.ts';
import type { LedgerDirectory, LedgerLocation } from './store.ts';
import { submissionOf } from './submissions.ts';

/** Refused before anything was decided; nothing of it is stored. */
export interface Rejection {
  kind: 'rejection';
  code: 'forbidden' | 'invalid_request';
  message: string;
}

export interface Executor {
  directory: LedgerDirectory;
  groupCommit: GroupCommit;
}

interface Accepted {
  kind: 'accepted';
  submission: Submission;
  bytes: number;
}

const PRINCIPAL_ID_MAX = 255;

/** Authorised, well formed and hashed, or why not. */
function accept(command: Command, principal: Principal | undefined): Accepted | Rejection {
  if (principal === undefined || principal.id === '' || principal.id.length > PRINCIPAL_ID_MAX || measure(principal.id) === null) {
    return { kind: 'rejection', code: 'invalid_request', message: 'the command names no principal' };
  }
  const problem = checkCommand(command);
  if (command.body === undefined || problem !== null)
    return { kind: 'rejection', code: 'invalid_request', message: problem ?? 'the command has no body' };
  if (!mayCommand(principal, command.ledger, command.body.$case))
    return { kind: 'rejection', code: 'forbidden', message: 'the principal may not do this' };
  const bytes = measure(command);
  if (bytes === null) return { kind: 'rejection', code: 'invalid_request', message: 'a text has a NUL or a lone surrogate' };
  try {
    return { kind: 'accepted', submission: submissionOf(command, principal), bytes };
  } catch (error) {
    return { kind: 'rejection', code: 'invalid_request', message: (error as Error).message };
  }
}

/** What would become of a command on a ledger that has no place yet. */
function foresee(submission: Submission): Outcome {
  const { command } = submission;
  const view = emptyView({ ledger: command.ledger, number: 0, uuid: randomUUID() }, BigInt(Date.now()) * 1000n);
  return decideBatch([{ ...submission, command: { ...command, dryRun: true } }], view).outcomes()[0] as Outcome;
}

/** Whether the command opens its ledger when the ledger has no place yet. Only then it gets one: a refusal or a dry run leaves nothing behind. */
function opens(submission: Submission): boolean {
  const { dryRun, body } = submission.command;
  return !dryRun && body?.$case === 'openLedger' && foresee(submission).kind === 'record';
}

/** The place of a ledger; one that is about to be opened gets one. Null when there is none, or why it is not known. */
async function locate(
  directory: LedgerDirectory,
  ledger: string,
  submissions: readonly Submission[],
): Promise<LedgerLocation | null | StoreUnavailableError> {
  try {
    return (await directory.find(ledger)) ?? (submissions.some(opens) ? await directory.allocate(ledger) : null);
  } catch (error) {
    if (error instanceof StoreUnavailableError) return error;
    throw error;
  }
}

/**
 * Executes a list of commands, answers in its order. All places are looked up before the first command is queued, so that commands of one ledger are queued in
 * the order given, in one turn of the event loop.
 */
export async function execute(
  { directory, groupCommit }: Executor,
  commands: readonly Command[],
  principals: readonly Principal[],
  caller: Caller,
): Promise<(Answer | Rejection)[]> {
  const accepted = commands.map((command) => accept(command, principals[command.principal]));
  const submissions = accepted.flatMap((item) => (item.kind === 'accepted' ? [item.submission] : []));
  const asked = Map.groupBy(submissions, ({ command }) => command.ledger);
  const places = new Map(
    await Promise.all([...asked].map(async ([ledger, list]) => [ledger, await locate(directory, ledger, list)] as const)),
  );
  return Promise.all(
    accepted.map((item, index): Promise<Answer | Rejection> => {
      if (item.kind === 'rejection') return Promise.resolve(item);
      const { ledger, body } = commands[index] as Command;
      const place = places.get(ledger) ?? null;
      if (place === null && body?.$case === 'openLedger') return Promise.resolve(foresee(item.submission));
      if (place === null) return Promise.resolve({ kind: 'refusal', refusal: refusal('ledger_not_found', { ledger }), replayed: false });
      if (place instanceof StoreUnavailableError)
        return Promise.resolve({ kind: 'failure', code: 'unavailable', message: 'the ledger directory is not available' });
      return groupCommit.submit(place, item.submission, item.bytes, caller);
    }),
  );
}
