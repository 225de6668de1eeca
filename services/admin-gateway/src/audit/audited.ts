import type { Answer, Call } from '../contract/route.ts';
import { knownProblem } from '../http/respond.ts';
import type { Services } from '../services.ts';
import type { AuditAction } from './store.ts';

const ACCEPTED = 202;

/** Does something only when the audit store has it that it is about to be done, and writes how it ended. Throws the Problem audit_unavailable when it was not done for that reason. */
export async function audited(
  call: Call,
  { audit }: Services,
  action: Pick<AuditAction, 'action' | 'ledger' | 'target' | 'parameters'>,
  act: () => Promise<Answer>,
): Promise<Answer> {
  const { principal, requestId } = call;
  const entry = await audit.begin({ ...action, actor: principal.id, roles: principal.roles, requestId });
  call.isRecorded = true;
  try {
    const answer = await act();
    await audit.conclude(entry, { outcome: answer.status === ACCEPTED ? 'accepted' : 'done', result: answer.body });
    return answer;
  } catch (error) {
    const problem = knownProblem(error);
    await audit.conclude(entry, { outcome: problem?.code ?? 'internal', result: problem === null ? null : { detail: problem.message } });
    throw error;
  }
}
