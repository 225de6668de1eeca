import type { Micros } from '@ledgerflow/contracts';
import type { Command } from '@ledgerflow/contracts/grpc';
import { COMMANDS } from './commands/registry.ts';
import type { Decision, DecisionContext, LedgerState } from './decision.ts';
import { BrokenPromiseError, refusal, refused } from './decision.ts';
import type { BodyOf, CommandBody, CommandKind } from './definition.ts';

/** The body of a command. The edge refuses a command without one. */
export function bodyOf(command: Command): CommandBody {
  if (command.body === undefined) throw new BrokenPromiseError('a command without a body');
  return command.body;
}

function decideBody<K extends CommandKind>(
  body: { $case: K; value: BodyOf<K> },
  state: LedgerState,
  now: Micros,
  context: DecisionContext,
): Decision {
  return COMMANDS[body.$case].decide(body.value, state, now, context);
}

/** What becomes of a command in a state: the events of its record, or why not. `now` is the record's recorded_at. Pure. */
export function decide(command: Command, state: LedgerState, now: Micros, context: DecisionContext): Decision {
  const body = bodyOf(command);
  if (!state.isOpen && body.$case !== 'openLedger') return refused(refusal('ledger_not_found', { ledger: context.ledger }));
  return decideBody(body, state, now, context);
}
