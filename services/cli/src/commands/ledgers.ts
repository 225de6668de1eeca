import type { Ledger } from '@ledgerflow/client';
import type { Command } from 'commander';
import { changing, listing, type ListOptions, pageSize } from '../options.ts';
import type { Column } from '../output/output.ts';
import type { Act, ChangeOptions } from '../session.ts';
import { printList } from './lists.ts';

const COLUMNS: readonly Column<Ledger>[] = [
  { title: 'LEDGER', of: ({ id }) => id },
  { title: 'CURRENCIES', of: ({ currencies }) => currencies.map(({ code }) => code).join(' ') },
  { title: 'POSITION', of: ({ position }) => position, isNumber: true },
  { title: 'OPENED', of: ({ openedAt }) => openedAt },
];

export function ledgerCommands(program: Command, act: Act): void {
  const ledger = program.command('ledger').description('ledgers');
  listing(ledger.command('list').description('list the ledgers that you may see')).action(
    act<[], ListOptions>((session, _args, options) =>
      printList(session, session.api.listLedgers({ limit: pageSize(options) }, { signal: session.signal }), COLUMNS, options),
    ),
  );
  ledger
    .command('get <ledger>')
    .description('show a ledger')
    .action(
      act<[string], object>(async (session, [id]) => {
        const { currencies, ...rest } = await session.api.getLedger({ ledger: id }, { signal: session.signal });
        const shown = session.output.isJson ? currencies : currencies.map(({ code, scale }) => `${code} (${scale})`).join(' ');
        await session.output.one({ ...rest, currencies: shown });
      }),
    );
  changing(ledger.command('open <ledger> [currencies...]').description('open a ledger')).action(
    act<[string, string[]], ChangeOptions>(async (session, [id, currencies], options) => {
      const opened = await session.change(options, (call) =>
        session.api.openLedger({ dryRun: options.dryRun, body: { id, ...(currencies.length === 0 ? {} : { currencies }) } }, call),
      );
      await session.output.one(
        session.output.isJson ? opened : { ...opened, currencies: opened.currencies.map(({ code }) => code).join(' ') },
      );
    }),
  );
}
