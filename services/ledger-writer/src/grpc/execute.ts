import { status } from '@grpc/grpc-js';
import type { ExecuteRequest, ExecuteResponse, Result } from '@ledgerflow/contracts/grpc';
import { execute as executeCommands, type Rejection } from '../application/execute.ts';
import type { Answer, Caller } from '../application/group-commit.ts';
import { requireCaller, RpcError } from './callers.ts';
import { unary } from './calls.ts';
import type { WriterContext } from './context.ts';

const COMMANDS_MAX = 10_000;
/** For callers that set no deadline, and the most that any may ask for. */
const DEADLINE_MAX_MS = 30_000;

function resultOf(answer: Answer | Rejection): Result {
  if (answer.kind === 'record') return { outcome: { $case: 'record', value: answer.record }, replayed: answer.replayed };
  if (answer.kind === 'refusal') return { outcome: { $case: 'refusal', value: answer.refusal }, replayed: answer.replayed };
  return { outcome: { $case: 'failure', value: { code: answer.code, message: answer.message } }, replayed: false };
}

/** Execute: from the gateway only. A command that its principal may not give is a failure `forbidden` of its own. */
export function execute(context: WriterContext) {
  return unary<ExecuteRequest, ExecuteResponse>(context, 'Execute', async (call) => {
    requireCaller(call, 'execute');
    const { commands, principals } = call.request;
    if (commands.length > COMMANDS_MAX) throw new RpcError(status.INVALID_ARGUMENT, `more than ${COMMANDS_MAX} commands`);
    const caller: Caller = { deadlineMs: Math.min(Number(call.getDeadline()), Date.now() + DEADLINE_MAX_MS), isGone: () => call.cancelled };
    const answers = await executeCommands(context, commands, principals, caller);
    return { results: answers.map(resultOf) };
  });
}
