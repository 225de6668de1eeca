import { setTimeout as delay } from 'node:timers/promises';
import type { DataOf, RequestOf } from '@ledgerflow/client';
import { type Command, Option } from 'commander';
import { CommandError } from '../exit-codes.ts';
import { listing, type ListOptions, pageSize, spanning, wholeFrom } from '../options.ts';
import type { Column } from '../output/output.ts';
import type { Act, Session } from '../session.ts';
import { printList } from './lists.ts';

const POLL_MS = 500;
/** A repair or a rebuild that takes longer is left to itself. */
const WAIT_MS_MAX = 24 * 3_600_000;
const RATE_MAX = 1_000_000;

type Slot = DataOf<'getOutbox'>['data'][number];
type Letter = DataOf<'listDeadLetters'>['data'][number];
type Repair = DataOf<'getRepair'>;
type Rebuild = DataOf<'getRebuild'>;
type Started = DataOf<'createRebuild'>;
type ListedRebuild = DataOf<'listRebuilds'>['data'][number];
type AuditRow = DataOf<'listAudit'>['data'][number];

const SLOTS: readonly Column<Slot>[] = [
  { title: 'CLUSTER', of: ({ cluster }) => cluster },
  { title: 'SLOT', of: ({ slot }) => slot, isNumber: true },
  { title: 'HEAD', of: ({ head }) => head, isNumber: true },
  { title: 'CURSOR', of: ({ cursor }) => cursor, isNumber: true },
  { title: 'BACKLOG', of: ({ backlog }) => backlog, isNumber: true },
  { title: 'OLDEST S', of: ({ oldestAgeSeconds }) => oldestAgeSeconds, isNumber: true },
  { title: 'HOLDER', of: ({ holder }) => holder },
  { title: 'BREAKER', of: ({ breaker }) => breaker },
  { title: 'LAST ERROR', of: ({ lastError }) => lastError },
];

const LETTERS: readonly Column<Letter>[] = [
  { title: 'ID', of: ({ id }) => id },
  { title: 'LEDGER', of: ({ ledger }) => ledger },
  { title: 'POSITION', of: ({ position }) => position, isNumber: true },
  { title: 'STATE', of: ({ state }) => state },
  { title: 'PARKED', of: ({ parkedAt }) => parkedAt },
  { title: 'ERROR', of: ({ error }) => error },
];

const REBUILDS: readonly Column<ListedRebuild>[] = [
  { title: 'ID', of: ({ id }) => id },
  { title: 'PROJECTION', of: ({ projection }) => projection },
  { title: 'LEDGER', of: ({ ledger }) => ledger ?? 'all' },
  { title: 'STATE', of: ({ state }) => state },
  { title: 'PERCENT', of: ({ percent }) => percent, isNumber: true },
  { title: 'REQUESTED', of: ({ requestedAt }) => requestedAt },
  { title: 'BY', of: ({ requestedBy }) => requestedBy },
];

const PARTS: readonly Column<Rebuild['parts'][number]>[] = [
  { title: 'LEDGER', of: ({ ledger }) => ledger ?? 'all' },
  { title: 'PROJECTION', of: ({ projection }) => projection },
  { title: 'STATE', of: ({ state }) => state },
  { title: 'POSITION', of: ({ position }) => position, isNumber: true },
  { title: 'ROWS', of: ({ rows }) => rows, isNumber: true },
];

const AUDIT: readonly Column<AuditRow>[] = [
  { title: 'RECORDED', of: ({ recordedAt }) => recordedAt },
  { title: 'ACTOR', of: ({ actor }) => actor },
  { title: 'ACTION', of: ({ action }) => action },
  { title: 'TARGET', of: ({ target }) => target },
  { title: 'OUTCOME', of: ({ outcome }) => outcome?.outcome },
];

/** Asks again until it has ended. */
async function until<T>({ signal }: Session, first: T, ask: () => Promise<T>, isOver: (value: T) => boolean): Promise<T> {
  const endMs = performance.now() + WAIT_MS_MAX;
  let value = first;
  while (!isOver(value)) {
    if (performance.now() > endMs) throw new CommandError('failed', 'it goes on, but nobody waits for it any more');
    await delay(POLL_MS, undefined, { signal });
    value = await ask();
  }
  return value;
}

async function followRepair(session: Session, first: Repair): Promise<void> {
  const { api, output, progress, signal } = session;
  const repair = await until(
    session,
    first,
    () => api.getRepair({ repair: first.id }, { signal }),
    ({ state, applied, left }) => {
      progress.update(`${state}: ${applied} applied, ${left} left`);
      return state === 'finished' || state === 'failed';
    },
  );
  progress.close();
  await output.one(repair);
  if (repair.code !== null) throw new CommandError('failed', `${repair.code}: ${repair.detail}`);
}

function letterCommands(program: Command, act: Act): void {
  const dlq = program.command('dlq').description('dead letters: records that a projection could not take');
  listing(dlq.command('list').description('list them, oldest first'))
    .option('--ledger <ledger>', 'only of this ledger')
    .option('--account <id>', 'only of this account (with --ledger)')
    .option('--state <state>', 'only in this state')
    .action(
      act<[], ListOptions & Pick<RequestOf<'listDeadLetters'>, 'ledger' | 'account' | 'state'>>((session, _args, options) => {
        const { ledger, account, state } = options;
        const request: RequestOf<'listDeadLetters'> = { limit: pageSize(options), ledger, account, state };
        return printList(session, session.api.listDeadLetters(request, { signal: session.signal }), LETTERS, options);
      }),
    );
  dlq
    .command('show <id>')
    .description('show one, with its record')
    .action(
      act<[string], object>(async (session, [id]) => {
        await session.output.one(await session.api.getDeadLetter({ deadLetter: id }, { signal: session.signal }));
      }),
    );
  dlq
    .command('retry [id]')
    .description('apply one again, or all of them')
    .option('--all', 'all of them, in order')
    .option('--ledger <ledger>', 'all of this ledger (with --all)')
    .action(
      act<[string | undefined], { all?: boolean; ledger?: string }>(async (session, [id], { all, ledger }) => {
        if ((id === undefined) !== (all === true)) throw new CommandError('usage', 'which one? its id, or --all');
        const { api, signal } = session;
        const repair =
          id === undefined
            ? await api.retryAllDeadLetters({ body: { ledger } }, { signal })
            : await api.retryDeadLetter({ deadLetter: id }, { signal });
        await followRepair(session, repair);
      }),
    );
  dlq
    .command('discard <id>')
    .description('leave one out of the read model, for good')
    .requiredOption('--reason <text>', 'why')
    .action(
      act<[string], { reason: string }>(async (session, [id], { reason }) => {
        await followRepair(session, await session.api.discardDeadLetter({ deadLetter: id, body: { reason } }, { signal: session.signal }));
      }),
    );
}

const ENDED = ['swapped', 'proven', 'cancelled', 'failed', 'refused'];
const SUCCESSFUL = ['swapped', 'proven'];

/** For a person without what only programs and proofs need. */
async function printRebuild({ output }: Session, { parts, ...rebuild }: Started & Partial<Pick<Rebuild, 'parts'>>): Promise<void> {
  if (output.isJson) return output.line(parts === undefined ? rebuild : { ...rebuild, parts });
  const { byIdOnly: _byIdOnly, difference, ...forPeople } = rebuild;
  await output.one(difference === null || difference === undefined ? forPeople : { ...forPeople, difference });
  if (parts !== undefined && parts.length > 0) await output.many(PARTS, parts);
}

async function followRebuild(session: Session, projection: string, rebuild: string): Promise<void> {
  const { api, progress, signal } = session;
  const ask = (): Promise<Rebuild> => api.getRebuild({ projection, rebuild }, { signal });
  const last = await until(session, await ask(), ask, (now) => {
    progress.update(`${now.state} ${now.percent} %, ${now.recordsPerSecond ?? '–'} records/s, ${now.secondsLeft ?? '–'} s left`);
    return now.finishedAt !== null || ENDED.includes(now.state);
  });
  progress.close();
  await printRebuild(session, last);
  if (!SUCCESSFUL.includes(last.state))
    throw new CommandError('failed', `the rebuild ended as ${last.state}${last.error === null ? '' : `: ${last.error}`}`);
}

function rebuildCommands(program: Command, act: Act): void {
  const rebuild = program.command('rebuild').description('rebuilds of projections of the read model');
  listing(rebuild.command('list [projection]').description('list rebuilds, newest first')).action(
    act<[string | undefined], ListOptions>((session, [projection = 'all'], options) =>
      printList(session, session.api.listRebuilds({ projection, limit: pageSize(options) }, { signal: session.signal }), REBUILDS, options),
    ),
  );
  rebuild
    .command('start <projection>')
    .description('make a projection, or all, anew from the log')
    .option('--ledger <ledger>', 'only of this ledger')
    .option('--account <id>', 'only of this account (with --ledger)')
    .addOption(new Option('--max-rate <count>', 'records a second at most').argParser(wholeFrom(1, RATE_MAX)))
    .option('--prove-only', 'prove what was made, then drop it')
    .option('--follow', 'wait for its end')
    .action(
      act<[string], { ledger?: string; account?: string; maxRate?: number; proveOnly?: boolean; follow?: boolean }>(
        async (session, [projection], { ledger, account, maxRate, proveOnly, follow }) => {
          const body = { ledger, account, maxRatePerSecond: maxRate, proveOnly };
          const started = await session.api.createRebuild({ projection, body }, { signal: session.signal });
          if (follow !== true) return printRebuild(session, started);
          // A program has the id also when it stops waiting.
          if (session.output.isJson) await session.output.line(started);
          session.output.note(`rebuild ${started.id}; Ctrl-C leaves it running`);
          await followRebuild(session, projection, started.id);
        },
      ),
    );
  rebuild
    .command('follow <projection> <id>')
    .description('wait for the end of a rebuild')
    .action(act<[string, string], object>((session, [projection, id]) => followRebuild(session, projection, id)));
  rebuild
    .command('cancel <projection> <id>')
    .description('end a rebuild; what serves now goes on')
    .action(
      act<[string, string], object>(async (session, [projection, id]) => {
        await printRebuild(session, await session.api.cancelRebuild({ projection, rebuild: id }, { signal: session.signal }));
      }),
    );
}

export function operationCommands(program: Command, act: Act): void {
  program
    .command('outbox')
    .description('how far the relay is, by slot')
    .action(
      act<[], object>(async (session) => {
        const { relay, data } = await session.api.getOutbox({}, { signal: session.signal });
        await session.output.many(SLOTS, data);
        session.output.note(`relay ${relay}`);
      }),
    );
  letterCommands(program, act);
  rebuildCommands(program, act);
  spanning(listing(program.command('audit').description('what people did, newest first')))
    .option('--actor <name>', 'only by this actor')
    .option('--action <name>', 'only this action')
    .option('--ledger <ledger>', 'only of this ledger')
    .action(
      act<[], ListOptions & { actor?: string; action?: string; ledger?: string; from?: string; to?: string }>((session, _args, options) => {
        const { actor, action, ledger, from, to } = options;
        const request: RequestOf<'listAudit'> = { limit: pageSize(options), actor, action, ledger, from, to };
        return printList(session, session.api.listAudit(request, { signal: session.signal }), AUDIT, options);
      }),
    );
}
