import { canonicalJson, METADATA_BYTES_MAX, type Micros, parseMicros } from '@ledgerflow/contracts';
import type { ExpectedVersion, Limit, Terms } from '@ledgerflow/contracts/grpc';
import { Problem } from '../http/problem.ts';

/** From request bodies to the words of the proto. The bodies have passed their schemas. */
export interface TermsBody {
  externalId?: string | undefined;
  reference?: string | undefined;
  description?: string | undefined;
  effectiveAt?: string | undefined;
  metadata?: Record<string, unknown> | undefined;
}

export function metadataText(metadata: Record<string, unknown> | undefined): string | undefined {
  if (metadata === undefined) return undefined;
  const text = canonicalJson(metadata);
  if (Buffer.byteLength(text) <= METADATA_BYTES_MAX) return text;
  throw new Problem('invalid_request', { detail: `metadata has more than ${METADATA_BYTES_MAX} bytes`, field: 'metadata' });
}

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
