import { canonicalJson, normalizeDecimal } from '@ledgerflow/contracts';
import type { ExpectedVersion, Limit, Posting, Terms } from '@ledgerflow/contracts/grpc';
import type { Normal } from './definition.ts';
import { isLimitGiven } from './limits.ts';

/** Normal forms for fingerprints: "10.50" and "10.5" ask for the same, metadata with other key order too. Text that is no decimal stays as it is. */
export const normalAmount = (text: string): string => normalizeDecimal(text) ?? text;

export const normalMetadata = (text: string | undefined): string | null => (text === undefined ? null : canonicalJson(JSON.parse(text)));

export const normalVersion = (version: bigint | undefined): string | null => version?.toString() ?? null;

export function normalLimit(limit: Limit | undefined): string | null {
  if (!isLimitGiven(limit)) return null;
  return limit.value.$case === 'none' ? 'none' : normalAmount(limit.value.value);
}

export function normalTerms(terms: Terms | undefined): Normal {
  if (terms === undefined) return null;
  const { externalId, reference, description, effectiveAt, metadata } = terms;
  if (!externalId && reference === undefined && description === undefined && effectiveAt === undefined && metadata === undefined)
    return null;
  return [externalId || null, reference ?? null, description ?? null, effectiveAt?.toString() ?? null, normalMetadata(metadata)];
}

export function normalPosting(posting: Posting): Normal {
  return [posting.from, posting.to, normalAmount(posting.amount), posting.currency];
}

/** In any order the versions ask for the same. */
export function normalVersions(versions: readonly ExpectedVersion[]): Normal {
  const pairs = versions.map(({ account, version }): [string, string] => [account, version.toString()]);
  return pairs.length < 2 ? pairs : pairs.sort((a, b) => (`${a[0]} ${a[1]}` < `${b[0]} ${b[1]}` ? -1 : 1));
}
