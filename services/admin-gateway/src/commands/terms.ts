import { canonicalJson, type Micros, parseMicros } from '@ledgerflow/contracts';
import type { ExpectedVersion, Limit, Terms } from '@ledgerflow/contracts/grpc';

/** From request bodies to the words of the proto. The bodies have passed their schemas. */
export interface TermsBody {
  externalId?: string | undefined;
  reference?: string | undefined;
  description?: string | undefined;
  effectiveAt?: string | undefined;
  metadata?: Record<string, unknown> | undefined;
}

export const metadataText = (metadata: Record<string, unknown> | undefined): string | undefined =>
  metadata === undefined ? undefined : canonicalJson(metadata);

export function termsOf({ externalId, reference, description, effectiveAt, metadata }: TermsBody): Terms {
  return {
    externalId,
    reference,
    description,
    effectiveAt: effectiveAt === undefined ? undefined : (parseMicros(effectiveAt) as Micros),
    metadata: metadataText(metadata),
  };
}

export function expectedVersionsOf(versions: Record<string, string> | undefined): ExpectedVersion[] {
  return versions === undefined ? [] : Object.entries(versions).map(([account, version]) => ({ account, version: BigInt(version) }));
}

export function limitOf(limit: string | null | undefined): Limit | undefined {
  if (limit === undefined) return undefined;
  return { value: limit === null ? { $case: 'none', value: true } : { $case: 'amount', value: limit } };
}
