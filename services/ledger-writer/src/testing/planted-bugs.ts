import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { GroupCommit } from '../application/group-commit.ts';
import type { LedgerStore } from '../application/store.ts';
import type { Account, BatchView, StoredOutcome } from '../domain/state.ts';

/** Plausible mistakes for `npm run history-check` to find (services/e2e/history/bugs.ts). Loaded only under --conditions=planted-bugs, in the place of ../no-bugs.ts. */
export const PLANTED_BUGS = ['answers-early', 'forgets-keys', 'stale-balances', 'replays-anew'] as const;

type Transact = LedgerStore['transact'];

/** The time in which a crash loses what was answered. */
const COMMIT_AFTER_MS = 100;
const KEY_BYTES = 16;

/** Every method but the given ones is the original's. */
function override<T extends object>(original: T, methods: Partial<T>): T {
  return Object.assign(Object.create(original) as T, methods);
}

/** Decides under the lock, answers, and only then writes the very same. */
function answersEarly(store: LedgerStore): Transact {
  const commits = new Map<number, Promise<unknown>>();
  return async (location, needs, decide) => {
    await commits.get(location.number);
    const seen = await store.transact(location, needs, (view) => {
      const { writes, result } = decide(view);
      return { writes: null, result: { result, now: view.now, isWriting: writes !== null } };
    });
    if (!seen.isWriting) return seen.result;
    const commit = delay(COMMIT_AFTER_MS).then(() => store.transact(location, needs, (view) => decide({ ...view, now: seen.now })));
    commits.set(
      location.number,
      commit.catch(() => undefined),
    );
    return seen.result;
  };
}

/** Takes each account's balance from the batch before, as if it were read before the head is locked. */
function staleBalances(store: LedgerStore): Transact {
  const before = new Map<string, bigint>();
  return (location, needs, decide) =>
    store.transact(location, needs, (view) => {
      const accounts = new Map<string, Account>();
      for (const [id, account] of view.accounts) {
        const name = `${location.number} ${id}`;
        accounts.set(id, { ...account, posted: before.get(name) ?? account.posted });
        before.set(name, account.posted);
      }
      return decide({ ...view, accounts });
    });
}

interface RecordJson {
  events: { account?: string; postedAfter?: string }[];
}

function renderAnew(outcome: StoredOutcome, { accounts }: BatchView): StoredOutcome {
  if (outcome.kind !== 'record') return outcome;
  const record = JSON.parse(outcome.record) as RecordJson;
  for (const event of record.events) {
    const posted = accounts.get(event.account ?? '')?.posted;
    if (posted !== undefined) event.postedAfter = posted.toString();
  }
  return { ...outcome, record: JSON.stringify(record) };
}

/** Repeats an answer with the balances of now. */
function replaysAnew(store: LedgerStore): Transact {
  return (location, needs, decide) =>
    store.transact(location, needs, (view) =>
      decide({ ...view, outcomes: new Map([...view.outcomes].map(([key, outcome]) => [key, renderAnew(outcome, view)])) }),
    );
}

const IN_STORE: Partial<Record<string, (store: LedgerStore) => Transact>> = {
  'answers-early': answersEarly,
  'stale-balances': staleBalances,
  'replays-anew': replaysAnew,
};

export function plantInStore(bug: string | undefined, store: LedgerStore): LedgerStore {
  const plant = bug === undefined ? undefined : IN_STORE[bug];
  return plant === undefined ? store : override(store, { transact: plant(store) });
}

/** forgets-keys: every request is a new one, whatever its key. */
export function plantInGroupCommit(bug: string | undefined, groupCommit: GroupCommit): GroupCommit {
  if (bug !== 'forgets-keys') return groupCommit;
  const submit: GroupCommit['submit'] = (location, submission, ...rest) =>
    groupCommit.submit(location, { ...submission, key: randomBytes(KEY_BYTES).toString('hex') }, ...rest);
  return override(groupCommit, { submit });
}
