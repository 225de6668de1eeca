import { LedgerFlowUnreachable } from '@ledgerflow/client';
import { ledgerflow } from '../../api/client.ts';
import { PageProblem } from '../../ui/problem/index.ts';
import { strings } from './strings.ts';

const { somebodyElse, notAsked } = strings;

/**
 * Rejects unless the session is still theirs. The cookie is that of the whole browser, and somebody else may have signed in in another tab; under another one's name a key is another
 * key, and what was sent under it would be done a second time.
 */
export async function mustBe(who: string): Promise<void> {
  const { data } = await ledgerflow.answer('getMe', {}).catch((error: unknown) => {
    throw error instanceof LedgerFlowUnreachable ? new PageProblem(notAsked.title, notAsked.detail, { cause: error }) : error;
  });
  if (data.id !== who) throw new PageProblem(somebodyElse.title, somebodyElse.detail(data.id, who));
}
