import type { Details, Refusal } from '@ledgerflow/contracts';
import { isoScale, isSystemAccount, worldAccount } from '@ledgerflow/contracts';
import type { OpenAccount } from '@ledgerflow/contracts/grpc';
import { decideCurrency } from '../currencies.ts';
import { BrokenPromiseError, refusal, refused } from '../decision.ts';
import type { CommandDefinition } from '../definition.ts';
import { Draft } from '../draft.ts';
import { checkLimits, isRefusal, parseAmount, parseLimit } from '../limits.ts';
import { normalAmount, normalLimit, normalMetadata } from '../normal.ts';
import { decideMovement, NO_EXPECTED_VERSIONS, parseMetadata } from '../postings.ts';

/** An account without an id is named after its key, so that a retry names the same one. */
function accountId(body: OpenAccount, key: string): string {
  return body.id ?? `a-${key}`;
}

interface Opening {
  minBalance: bigint | null;
  maxBalance: bigint | null;
  initialBalance: bigint;
}

function parseOpening(body: OpenAccount, scale: number): Opening | Refusal {
  const minBalance = parseLimit(body.minBalance, 0n, scale, body.currency);
  if (isRefusal(minBalance)) return minBalance;
  const maxBalance = parseLimit(body.maxBalance, null, scale, body.currency);
  if (isRefusal(maxBalance)) return maxBalance;
  const initialBalance = parseAmount(body.initialBalance ?? '0', scale, body.currency);
  if (isRefusal(initialBalance)) return initialBalance;
  if (initialBalance < 0n) throw new BrokenPromiseError(`an initial balance of ${body.initialBalance}`);
  return checkLimits(minBalance, maxBalance, initialBalance, scale) ?? { minBalance, maxBalance, initialBalance };
}

function detailsOf(body: OpenAccount): Pick<Details, 'name' | 'metadata'> | null {
  if (body.name === undefined && body.metadata === undefined) return null;
  return {
    ...(body.name === undefined ? {} : { name: body.name }),
    ...(body.metadata === undefined ? {} : { metadata: parseMetadata(body.metadata) }),
  };
}

/** Opens an account, with a currency of ISO 4217 that the ledger may not have yet, and with its first money from @world if it is to have some: one record. */
export const openAccount: CommandDefinition<OpenAccount> = {
  decide(body, state, now, context) {
    const id = accountId(body, context.key);
    const { currency } = body;
    if (isSystemAccount(id)) return refused(refusal('system_account', { account: id }));
    if (state.account(id) !== undefined) return refused(refusal('account_exists', { account: id }));
    const draft = new Draft(state);
    if (draft.scale(currency) === undefined) {
      const reason = decideCurrency(draft, { code: currency });
      if (reason !== null) return refused(reason);
    }
    const opening = parseOpening(body, draft.scale(currency) ?? isoScale(currency) ?? 0);
    if ('code' in opening) return refused(opening);
    const { minBalance, maxBalance } = opening;
    draft.open(id, currency, { status: 'open', freezeScope: null, minBalance, maxBalance, ownerId: body.ownerId ?? null });
    if (opening.initialBalance > 0n) {
      const postings = [{ from: worldAccount(currency), to: id, amount: body.initialBalance as string, currency }];
      const reason = decideMovement(
        draft,
        { postings, terms: undefined, expectedVersions: NO_EXPECTED_VERSIONS, isWorldAllowed: true },
        now,
        context,
      );
      if (reason !== null) return refused(reason);
    }
    const details = detailsOf(body);
    return {
      kind: 'accepted',
      type: 'AccountOpened',
      effectiveAt: now,
      events: draft.events,
      transactions: draft.transactions,
      details: details === null ? [] : [{ index: 0, body: details }],
      profile: details === null ? null : { account: id, details },
    };
  },
  needs(body, needs, key) {
    needs.account(accountId(body, key));
    if (body.initialBalance !== undefined) needs.account(worldAccount(body.currency));
  },
  fingerprint: (body) => [
    body.id ?? null,
    body.currency,
    body.name ?? null,
    body.ownerId ?? null,
    body.initialBalance === undefined ? null : normalAmount(body.initialBalance),
    normalLimit(body.minBalance),
    normalLimit(body.maxBalance),
    normalMetadata(body.metadata),
  ],
};
