import type { Account, Balance, RequestOf } from '@ledgerflow/client';
import { type Command, Option } from 'commander';
import { CommandError } from '../exit-codes.ts';
import { changing, jsonObject, listing, type ListOptions, pageSize } from '../options.ts';
import type { Column } from '../output/output.ts';
import type { Act, ChangeOptions } from '../session.ts';
import { printList } from './lists.ts';

const COLUMNS: readonly Column<Account>[] = [
  { title: 'ACCOUNT', of: ({ id }) => id },
  { title: 'NAME', of: ({ name }) => name },
  { title: 'STATUS', of: ({ status, freezeScope }) => (freezeScope === null ? status : `${status} (${freezeScope})`) },
  { title: 'CURRENCY', of: ({ currency }) => currency },
  { title: 'AVAILABLE', of: ({ available }) => available, isNumber: true },
  { title: 'HELD', of: ({ held }) => held, isNumber: true },
  { title: 'VERSION', of: ({ version }) => version, isNumber: true },
];

interface Filters extends ListOptions {
  status?: RequestOf<'listAccounts'>['status'];
  currency?: string;
  owner?: string;
  prefix?: string;
}

interface TimeOptions {
  at?: string;
  effectiveAt?: string;
}

interface Details {
  name?: string;
  minBalance?: string;
  maxBalance?: string;
  metadata?: Record<string, unknown>;
}

const limit = (text: string | undefined): string | null | undefined => (text === 'none' ? null : text);

const detailsOf = ({ name, minBalance, maxBalance, metadata }: Details) => ({
  name,
  minBalance: limit(minBalance),
  maxBalance: limit(maxBalance),
  metadata,
});

function detailed(command: Command): Command {
  return command
    .option('--name <text>', 'what people call it')
    .option('--min-balance <amount>', 'its balance never goes below; none for no limit')
    .option('--max-balance <amount>', 'its balance never goes above; none for no limit')
    .option('--metadata <json>', 'a JSON object to keep with it', jsonObject);
}

export function atTimes(command: Command): Command {
  return command
    .option('--at <time>', 'as it was recorded at this time (RFC 3339)')
    .option('--effective-at <time>', 'as it counted at this time (RFC 3339)');
}

function filtered(command: Command): Command {
  return listing(command)
    .addOption(new Option('--status <status>', 'only these').choices(['open', 'frozen', 'closed']))
    .option('--currency <code>', 'only of this currency')
    .option('--owner <id>', 'only of this owner');
}

function readingCommands(account: Command, act: Act): void {
  filtered(account.command('list <ledger>').description('list accounts by id'))
    .option('--prefix <text>', 'only ids that begin so')
    .action(
      act<[string], Filters>((session, [ledger], options) => {
        const { status, currency, owner, prefix } = options;
        const request: RequestOf<'listAccounts'> = { ledger, limit: pageSize(options), status, currency, ownerId: owner, prefix };
        return printList(session, session.api.listAccounts(request, { signal: session.signal }), COLUMNS, options);
      }),
    );
  filtered(account.command('search <ledger> <words>').description('find accounts by id, name or owner, best first')).action(
    act<[string, string], Filters>((session, [ledger, words], options) => {
      const { status, currency, owner } = options;
      const request: RequestOf<'searchAccounts'> = { ledger, q: words, limit: pageSize(options), status, currency, ownerId: owner };
      return printList(session, session.api.searchAccounts(request, { signal: session.signal }), COLUMNS, options);
    }),
  );
  atTimes(account.command('get <ledger> <account>').description('show an account')).action(
    act<[string, string], TimeOptions>(async (session, [ledger, id], { at, effectiveAt }) => {
      const found = await session.api.getAccount({ ledger, account: id, at, effectiveAt }, { signal: session.signal });
      await session.output.one(found);
    }),
  );
}

function statusCommands(account: Command, act: Act): void {
  changing(account.command('freeze <ledger> <account>').description('refuse movements of an account'), { ofOneAccount: true })
    .requiredOption('--reason <text>', 'why')
    .addOption(new Option('--scope <scope>', 'what is refused').choices(['all', 'debits']))
    .action(
      act<[string, string], ChangeOptions & { reason: string; scope?: 'all' | 'debits' }>(async (session, [ledger, id], options) => {
        const { dryRun, reason, scope } = options;
        const request = { ledger, account: id, dryRun, body: { reason, scope } };
        await session.output.one(await session.change(options, (call) => session.api.freezeAccount(request, call)));
      }),
    );
  for (const [name, operation, description] of [
    ['unfreeze', 'unfreezeAccount', 'let an account move again'],
    ['close', 'closeAccount', 'close an empty account, for good'],
  ] as const)
    changing(account.command(`${name} <ledger> <account>`).description(description), { ofOneAccount: true })
      .requiredOption('--reason <text>', 'why')
      .action(
        act<[string, string], ChangeOptions & { reason: string }>(async (session, [ledger, id], options) => {
          const request = { ledger, account: id, dryRun: options.dryRun, body: { reason: options.reason } };
          await session.output.one(await session.change(options, (call) => session.api[operation](request, call)));
        }),
      );
}

export function accountCommands(program: Command, act: Act): void {
  const account = program.command('account').description('accounts of a ledger');
  readingCommands(account, act);
  detailed(changing(account.command('open <ledger> <account> <currency>').description('open an account')))
    .option('--owner <id>', 'whose it is')
    .option('--initial-balance <amount>', 'what it begins with, from outside the ledger')
    .action(
      act<[string, string, string], ChangeOptions & Details & { owner?: string; initialBalance?: string }>(
        async (session, [ledger, id, currency], options) => {
          const { owner, initialBalance, dryRun } = options;
          const body = { id, currency, ownerId: owner, initialBalance, ...detailsOf(options) };
          await session.output.one(await session.change(options, (call) => session.api.openAccount({ ledger, dryRun, body }, call)));
        },
      ),
    );
  detailed(
    changing(account.command('update <ledger> <account>').description('change name, limits or metadata'), { ofOneAccount: true }),
  ).action(
    act<[string, string], ChangeOptions & Details>(async (session, [ledger, id], options) => {
      const body = detailsOf(options);
      if (Object.values(body).every((value) => value === undefined))
        throw new CommandError('usage', 'what is to be changed? --name, --min-balance, --max-balance or --metadata');
      const request = { ledger, account: id, dryRun: options.dryRun, body };
      await session.output.one(await session.change(options, (call) => session.api.updateAccount(request, call)));
    }),
  );
  statusCommands(account, act);
  atTimes(program.command('balance <ledger> <account>').description('the balance of an account, now or as it was')).action(
    act<[string, string], TimeOptions>(async (session, [ledger, id], { at, effectiveAt }) => {
      const balance: Balance = await session.api.getBalance({ ledger, account: id, at, effectiveAt }, { signal: session.signal });
      await session.output.one(balance);
    }),
  );
}
