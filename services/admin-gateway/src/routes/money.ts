import type { Static } from 'typebox';
import type { CommandBody } from '../commands/commands.ts';
import { termsOf } from '../commands/terms.ts';
import type { Answer, Call } from '../contract/route.ts';
import { Amount, body, Currency, termsProperties } from '../contract/schemas.ts';
import { renderMovement } from '../rendering/movement.ts';
import type { Services } from '../services.ts';

/** Deposits and withdrawals have one body. */
export const MoneyBody = body({ amount: Amount, currency: Currency, ...termsProperties });

export function movementOf(call: Call<unknown, Static<typeof MoneyBody>>) {
  const { amount, currency, ...terms } = call.body;
  return { account: call.params['account'] as string, amount, currency, terms: termsOf(terms), expectedVersion: call.expectedVersion };
}

/** Runs a command that moves money and answers its transaction. */
export async function postMoney(call: Call, { commands }: Services, command: CommandBody): Promise<Answer> {
  const outcome = await commands.run(call, call.params['ledger'] as string, command);
  return commands.answer(call, 201, outcome, renderMovement(outcome.json));
}
