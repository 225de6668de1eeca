import type { BodyOf, CommandDefinition, CommandKind } from '../definition.ts';
import { addCurrency } from './add-currency.ts';
import { closeAccount } from './close-account.ts';
import { deposit } from './deposit.ts';
import { freezeAccount } from './freeze-account.ts';
import { openAccount } from './open-account.ts';
import { openLedger } from './open-ledger.ts';
import { postBatch } from './post-batch.ts';
import { postTransaction } from './post-transaction.ts';
import { transfer } from './transfer.ts';
import { unfreezeAccount } from './unfreeze-account.ts';
import { updateAccount } from './update-account.ts';
import { withdraw } from './withdraw.ts';

export type CommandRegistry = { [K in CommandKind]: CommandDefinition<BodyOf<K>> };

/** Every command of the writer; the type makes a missing one a compile error. */
export const COMMANDS: CommandRegistry = {
  openLedger,
  addCurrency,
  openAccount,
  deposit,
  withdraw,
  transfer,
  postTransaction,
  postBatch,
  freezeAccount,
  unfreezeAccount,
  closeAccount,
  updateAccount,
};
