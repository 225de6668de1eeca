import { isAccountEvent, type AccountStatus, type LedgerRecord } from '@ledgerflow/contracts';
import { accountDetails } from '../details.ts';

/**
 * `read.account_search`: what of an account is searched: its id, name, owner and metadata, and the currency and status by which searches are filtered; with `read.account_words`, which words all
 * accounts have. Follows the events that move no money. Digest: hashes of the texts (not of the lexemes, which are made of them) and of the words with their counts.
 */
export interface SearchChange {
  account: string;
  accountNumber: number;
  /** What the account gets when it is opened, and never changes. */
  opening: { currency: string; ownerId: string | null } | null;
  status: AccountStatus;
  /** The last name and metadata that were given; undefined when none were. */
  name: string | undefined;
  metadata: string | undefined;
}

/** Of longer metadata the beginning is searched. */
export const METADATA_CHARACTERS_MAX = 2_000;
const DEPTH_MAX = 32;

/** The texts, numbers and booleans in a JSON value, in its order; names of members are not searched. */
export function metadataText(value: unknown): string {
  const texts: string[] = [];
  let characters = 0;
  const add = (one: unknown, depth: number): void => {
    if (characters > METADATA_CHARACTERS_MAX || depth > DEPTH_MAX || one === null) return;
    if (typeof one === 'object') for (const inner of Object.values(one)) add(inner, depth + 1);
    else {
      const text = String(one as string | number | boolean);
      texts.push(text);
      characters += text.length + 1;
    }
  };
  add(value, 0);
  // Not in the middle of a character.
  return texts
    .join(' ')
    .slice(0, METADATA_CHARACTERS_MAX)
    .replace(/[\ud800-\udbff]$/, '');
}

export function project(record: LedgerRecord): SearchChange[] {
  const changes = new Map<number, SearchChange>();
  for (const event of record.events) {
    if (!isAccountEvent(event) || event.type === 'EntryPosted') continue;
    const details = accountDetails(record, event);
    const change: SearchChange = {
      account: event.account,
      accountNumber: event.accountNumber,
      opening: event.type === 'AccountOpened' ? { currency: event.currency, ownerId: event.data.ownerId } : null,
      status: event.data.status,
      name: details?.name ?? undefined,
      metadata: details?.metadata === undefined || details.metadata === null ? undefined : metadataText(details.metadata),
    };
    const earlier = changes.get(event.accountNumber);
    changes.set(event.accountNumber, earlier === undefined ? change : merge(earlier, change));
  }
  return [...changes.values()];
}

/** Two changes of one account, the later one after the earlier one. */
export function merge(earlier: SearchChange, later: SearchChange): SearchChange {
  return {
    ...later,
    opening: earlier.opening ?? later.opening,
    name: later.name ?? earlier.name,
    metadata: later.metadata ?? earlier.metadata,
  };
}
