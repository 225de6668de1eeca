import type { Details } from '@ledgerflow/contracts';
import type { UpdateAccount } from '@ledgerflow/contracts/grpc';
import { findChangeable } from '../accounts.ts';
import { BrokenPromiseError, refused } from '../decision.ts';
import type { CommandDefinition } from '../definition.ts';
import { Draft } from '../draft.ts';
import { checkLimits, isLimitGiven, isRefusal, parseLimit } from '../limits.ts';
import { normalLimit, normalMetadata, normalVersion } from '../normal.ts';
import { parseMetadata } from '../postings.ts';
import { termsOf } from '../state.ts';

function detailsOf(body: UpdateAccount): Pick<Details, 'name' | 'metadata'> | null {
  if (body.name === undefined && body.metadata === undefined) return null;
  return {
    ...(body.name === undefined ? {} : { name: body.name }),
    ...(body.metadata === undefined ? {} : { metadata: parseMetadata(body.metadata) }),
  };
}

/** Changes limits, name and metadata, whatever is given, in one record: LimitsChanged, then MetadataChanged, each a version of the account. */
export const updateAccount: CommandDefinition<UpdateAccount> = {
  decide(body, state, now) {
    const found = findChangeable(state, body.account, body.expectedVersion);
    if ('refusal' in found) return refused(found.refusal);
    let { account } = found;
    const scale = state.scale(account.currency);
    if (scale === undefined) throw new BrokenPromiseError(`no scale of ${account.currency}`);
    const draft = new Draft(state);
    if (isLimitGiven(body.minBalance) || isLimitGiven(body.maxBalance)) {
      const minBalance = parseLimit(body.minBalance, account.minBalance, scale, account.currency);
      if (isRefusal(minBalance)) return refused(minBalance);
      const maxBalance = parseLimit(body.maxBalance, account.maxBalance, scale, account.currency);
      if (isRefusal(maxBalance)) return refused(maxBalance);
      const reason = checkLimits(minBalance, maxBalance, account.posted, scale);
      if (reason !== null) return refused(reason);
      account = draft.change('LimitsChanged', account, { ...termsOf(account), minBalance, maxBalance });
    }
    const details = detailsOf(body);
    if (details !== null) draft.change('MetadataChanged', account, termsOf(account));
    if (draft.events.length === 0) throw new BrokenPromiseError('an update of nothing');
    return {
      kind: 'accepted',
      type: 'AccountUpdated',
      effectiveAt: now,
      events: draft.events,
      transactions: [],
      details: details === null ? [] : [{ index: 0, body: details }],
      profile: details === null ? null : { account: body.account, details },
    };
  },
  needs: (body, needs) => needs.account(body.account),
  fingerprint: (body) => [
    body.account,
    body.name ?? null,
    normalMetadata(body.metadata),
    normalLimit(body.minBalance),
    normalLimit(body.maxBalance),
    normalVersion(body.expectedVersion),
  ],
};
