import { Problem } from '../http/problem.ts';
import { SIGNED_TEXT, Signer } from './signing.ts';

/** A place in a ledger's log that an answer must have seen. */
export interface Place {
  epoch: number;
  position: bigint;
}

export const CONSISTENCY_HEADER = 'ledger-consistency';
const TOKENS_MAX = 16;
/** The header: tokens with commas between. */
export const CONSISTENCY_PATTERN = `^[ \\t]*${SIGNED_TEXT}[ \\t]*(?:,[ \\t]*${SIGNED_TEXT}[ \\t]*){0,${TOKENS_MAX - 1}}$`;
const PATTERN = /^1 ([0-9]{1,10}) ([0-9]{1,19}) (.+)$/s;

/** The opaque `Ledger-Consistency` token: (ledger, epoch, position), signed, so that nobody makes a read wait for a place that does not exist. */
export class ConsistencyTokens {
  private readonly signer: Signer;

  constructor(secret: string) {
    this.signer = new Signer(secret, 'consistency');
  }

  issue(ledger: string, { epoch, position }: Place): string {
    return this.signer.sign(`1 ${epoch} ${position} ${ledger}`);
  }

  private read(token: string): { ledger: string; place: Place } {
    const match = PATTERN.exec(this.signer.open(token) ?? '');
    if (match === null) throw new Problem('invalid_consistency_token', { field: 'Ledger-Consistency' });
    return { ledger: match[3] as string, place: { epoch: Number(match[1]), position: BigInt(match[2] as string) } };
  }

  /** Ledger → what the header asks of it; for routes that answer about many ledgers. */
  parseAll(header: string | string[] | undefined): ReadonlyMap<string, Place> {
    const places = new Map<string, Place>();
    for (const token of this.split(header)) {
      const { ledger, place } = this.read(token);
      const before = places.get(ledger);
      places.set(ledger, before === undefined ? place : later(before, place));
    }
    return places;
  }

  /** What a request's header asks for; several tokens, with commas between, combine by maximum. */
  parse(ledger: string, header: string | string[] | undefined): Place | null {
    if (header === undefined) return null;
    const read = (token: string): Place => {
      const { ledger: its, place } = this.read(token);
      if (its !== ledger)
        throw new Problem('invalid_consistency_token', {
          detail: 'The consistency token is of another ledger',
          field: 'Ledger-Consistency',
        });
      return place;
    };
    return this.split(header).map(read).reduce(later);
  }

  private split(header: string | string[] | undefined): string[] {
    if (header === undefined) return [];
    const tokens = String(header).split(',', TOKENS_MAX + 1);
    if (tokens.length > TOKENS_MAX)
      throw new Problem('invalid_consistency_token', { detail: `More than ${TOKENS_MAX} consistency tokens`, field: 'Ledger-Consistency' });
    return tokens.map((token) => token.trim());
  }
}

/** Throws when what was seen at a place is older than a token asks, or of an epoch after it. */
export function checkSeen(seen: Place, token: Place | null): void {
  if (token === null) return;
  if (token.epoch < seen.epoch) throw new Problem('epoch_superseded');
  if (token.epoch > seen.epoch || token.position > seen.position) throw new Problem('not_yet_consistent');
}

/** The later of two places; a higher epoch is later. */
export function later(a: Place, b: Place): Place {
  if (a.epoch !== b.epoch) return a.epoch > b.epoch ? a : b;
  return a.position >= b.position ? a : b;
}
