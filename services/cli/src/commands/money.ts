import type { Entry, LedgerRecord, Movement, RequestOf, Transaction } from '@ledgerflow/client';
import type { Command } from 'commander';
import { changing, listing, type ListOptions, moving, pageSize, spanning, type Terms, termsOf } from '../options.ts';
import type { Column } from '../output/output.ts';
import type { Act, ChangeOptions, Session } from '../session.ts';
import { printList } from './lists.ts';

type Side = Movement['entries'][number];

const SIDES: readonly Column<Side>[] = [
  { title: 'ACCOUNT', of: ({ account }) => account },
  { title: 'AMOUNT', of: ({ amount }) => amount, isNumber: true },
  { title: 'BALANCE', of: ({ balanceAfter }) => balanceAfter, isNumber: true },
  { title: 'VERSION', of: ({ version }) => version, isNumber: true },
];

const ENTRIES: readonly Column<Entry>[] = [
  { title: 'RECORDED', of: ({ recordedAt }) => recordedAt },
  { title: 'TRANSACTION', of: ({ transactionId }) => transactionId, isNumber: true },
  { title: 'AMOUNT', of: ({ amount }) => amount, isNumber: true },
  { title: 'BALANCE', of: ({ balanceAfter }) => balanceAfter, isNumber: true },
  { title: 'CURRENCY', of: ({ currency }) => currency },
];

const TRANSACTIONS: readonly Column<Transaction>[] = [
  { title: 'TRANSACTION', of: ({ id }) => id, isNumber: true },
  { title: 'RECORDED', of: ({ recordedAt }) => recordedAt },
  { title: 'TYPE', of: ({ type }) => type },
  { title: 'ENTRIES', of: ({ entries }) => entries.map(({ account, amount, currency }) => `${account} ${amount} ${currency}`).join(', ') },
  { title: 'REFERENCE', of: ({ reference }) => reference },
];

async function printMovement({ output }: Session, movement: Movement, { dryRun }: ChangeOptions): Promise<void> {
  if (output.isJson) return output.line(movement);
  output.note(
    `${dryRun === true ? 'it would be ' : ''}transaction ${movement.transactionId} at position ${movement.position}, ${movement.recordedAt}`,
  );
  await output.many(SIDES, movement.entries);
}

function movementCommands(program: Command, act: Act): void {
  for (const [name, operation, description] of [
    ['deposit', 'createDeposit', 'bring money into an account from outside the ledger'],
    ['withdraw', 'createWithdrawal', 'take money out of an account and the ledger'],
  ] as const)
    moving(
      changing(program.command(`${name} <ledger> <account> <amount> <currency>`).description(description), { ofOneAccount: true }),
    ).action(
      act<[string, string, string, string], ChangeOptions & Terms>(async (session, [ledger, account, amount, currency], options) => {
        const request = { ledger, account, dryRun: options.dryRun, body: { amount, currency, ...termsOf(options) } };
        await printMovement(session, await session.change(options, (call) => session.api[operation](request, call)), options);
      }),
    );
  moving(
    changing(program.command('transfer <ledger> <from> <to> <amount> <currency>').description('move money between two accounts')),
  ).action(
    act<[string, string, string, string, string], ChangeOptions & Terms>(async (session, [ledger, from, to, amount, currency], options) => {
      const request = { ledger, dryRun: options.dryRun, body: { from, to, amount, currency, ...termsOf(options) } };
      await printMovement(session, await session.change(options, (call) => session.api.createTransfer(request, call)), options);
    }),
  );
}

interface Span extends ListOptions {
  from?: string;
  to?: string;
}

function historyCommands(program: Command, act: Act): void {
  spanning(
    listing(
      program.command('statement <ledger> <account>').description('the entries of an account, oldest first, with the balance after each'),
    ),
  )
    .option('--newest', 'newest first: with --limit the last ones')
    .action(
      act<[string, string], Span & { newest?: boolean }>((session, [ledger, account], options) => {
        const { from, to, newest } = options;
        const order: RequestOf<'listEntries'>['order'] = newest === true ? 'desc' : undefined;
        const request = { ledger, account, limit: pageSize(options), from, to, order };
        return printList(session, session.api.listEntries(request, { signal: session.signal }), ENTRIES, options);
      }),
    );
  spanning(listing(program.command('transactions <ledger>').description('the transactions of a ledger, newest first, or one of them')))
    .option('--id <transaction>', 'this one')
    .option('--account <id>', 'only of this account')
    .option('--reference <text>', 'only with this reference')
    .option('--external-id <id>', 'only with this id of yours')
    .action(
      act<[string], Span & { id?: string; account?: string; reference?: string; externalId?: string }>(
        async (session, [ledger], options) => {
          const { id, account, reference, externalId, from, to } = options;
          const { api, output, signal } = session;
          if (id !== undefined) return output.one(await api.getTransaction({ ledger, transaction: id }, { signal }));
          const request = { ledger, limit: pageSize(options), account, reference, externalId, from, to };
          await printList(session, api.listTransactions(request, { signal }), TRANSACTIONS, options);
        },
      ),
    );
}

type RecordEvent = LedgerRecord['events'][number];

const eventText = ({ type, account, amount, data }: RecordEvent): string =>
  [type, account, amount, amount === undefined ? undefined : (data as { currency?: string }).currency]
    .filter((word) => word !== undefined)
    .join(' ');

const RECORDS: readonly Column<LedgerRecord>[] = [
  { title: 'POSITION', of: ({ position }) => position, isNumber: true },
  { title: 'RECORDED', of: ({ recordedAt }) => recordedAt },
  { title: 'TYPE', of: ({ type }) => type },
  { title: 'ACTOR', of: ({ actor }) => actor },
  { title: 'EVENTS', of: ({ events }) => events.map(eventText).join(', ') },
];

function eventCommands(program: Command, act: Act): void {
  listing(program.command('events <ledger>').description("the ledger's records, in order"))
    .option('--after <position>', 'those after this position')
    .option('--follow', 'go on with each as it is written, until Ctrl-C; without --after only new ones')
    .option('--account <id>', 'only of this account')
    .option('--type <type>', 'only of this type, or with such an event')
    .option('--actor <name>', 'only by this actor')
    .action(
      act<[string], ListOptions & { after?: string; follow?: boolean; account?: string; type?: string; actor?: string }>(
        async (session, [ledger], options) => {
          const { after, follow, account, type, actor } = options;
          const { api, output, signal } = session;
          if (follow !== true)
            return printList(
              session,
              api.listEvents({ ledger, after, account, type, actor, limit: pageSize(options) }, { signal }),
              RECORDS,
              options,
            );
          const onReconnect = (reason: string): void => output.note(`connecting again: ${reason}`);
          await output.stream(RECORDS, api.streamEvents({ ledger, after, account, type, actor }, { signal, onReconnect }));
        },
      ),
    );
}

export function moneyCommands(program: Command, act: Act): void {
  movementCommands(program, act);
  historyCommands(program, act);
  eventCommands(program, act);
}
