import type { CommandBody } from '../commands/commands.ts';
import type { Answer, Call } from '../contract/route.ts';
import { renderChangedAccount } from '../rendering/account.ts';
import type { Services } from '../services.ts';

/** Runs a command on the account of the path and answers the account after it, with its version as ETag. */
export async function changeAccount(call: Call, { commands }: Services, command: CommandBody): Promise<Answer> {
  const outcome = await commands.run(call, call.params['ledger'] as string, command);
  const { body, version } = renderChangedAccount(outcome.record, call.params['account']);
  return commands.answer(call, 200, outcome, body, { etag: `"${version}"` });
}
