import { createSlice, type PayloadAction } from '@reduxjs/toolkit';
import { makeKey, type Movement } from '@ledgerflow/client';
import type { Command } from './command.ts';
import { type Draft, emptyDraft, type Kind } from './draft.ts';
import { load } from './storage.ts';
import { readIntent } from './stored.ts';
import type { Intent, Refusal } from './types.ts';

export type { Intent, Phase, Refusal } from './types.ts';

/** Whose, in which ledger: a key is its principal's, so is an intent. */
export interface Place {
  who: string;
  ledger: string;
  kind: Kind;
}
export type Intents = Readonly<Record<string, Intent>>;

/** A preview that is older (ms) is not shown as what would be done now. */
export const PREVIEW_MAX_MS = 60_000;
/** How long a preview may be shown still (ms). */
export const previewLeftMs = ({ previewedAtMs }: Pick<Intent, 'previewedAtMs'>, nowMs: number): number =>
  // One from before the clock was set back is old.
  nowMs < (previewedAtMs ?? 0) ? 0 : Math.max(0, (previewedAtMs ?? 0) + PREVIEW_MAX_MS - nowMs);

/** What it shows is of before somebody came back: it is neither shown nor confirmed until it was previewed anew. What may have been done is asked again as it is. */
export const isOutdated = ({ phase, isDoubtful, previewedAtMs }: Intent): boolean =>
  phase === 'previewed' && !isDoubtful && (previewedAtMs ?? null) === null;

export const STORED = 'ledgerflow-intent';
export const placeKey = ({ who, ledger, kind }: Place): string => JSON.stringify([who, ledger, kind]);

export const newIntent = (draft: Draft): Intent => ({
  key: makeKey(),
  phase: 'draft',
  draft,
  command: null,
  preview: null,
  previewedAtMs: null,
  isDoubtful: false,
  outcome: null,
  refusal: null,
});

/** As a page finds it that was loaded anew: what was on its way then may have been done. */
export const afterReload = (intent: Intent): Intent =>
  intent.phase === 'sent' ? { ...intent, phase: 'unknown', isDoubtful: true } : intent;

const initialState = (): Record<string, Intent> =>
  Object.fromEntries(Object.entries(load(STORED, readIntent)).map(([place, intent]) => [place, afterReload(intent)]));

type At<T = object> = PayloadAction<{ place: string } & T>;

/** Each step from those phases only in which it makes sense: a second press, or an answer that is too late, changes nothing. */
export const intents = createSlice({
  name: 'money',
  initialState,
  reducers: {
    begun: (state, { payload }: At<{ intent: Intent }>) => {
      const phase = state[payload.place]?.phase;
      if (phase !== 'sent' && phase !== 'unknown') state[payload.place] = payload.intent;
    },
    drafted: (state, { payload }: At<{ draft: Draft }>) => {
      const intent = state[payload.place];
      if (intent?.phase === 'draft') Object.assign(intent, { draft: payload.draft, refusal: null });
    },
    previewed: (state, { payload }: At<{ command: Command; preview: Movement; atMs: number }>) => {
      const intent = state[payload.place];
      const { command, preview, atMs } = payload;
      if (intent?.phase !== 'draft') return;
      Object.assign(intent, { phase: 'previewed', command, preview, previewedAtMs: atMs, refusal: null });
    },
    /** Somebody comes to it: from another page, or by loading this one anew. */
    entered: (state, { payload }: At) => {
      const intent = state[payload.place];
      if (intent?.phase === 'previewed') intent.previewedAtMs = null;
    },
    /** The same command, tried again. */
    renewed: (state, { payload }: At<{ preview: Movement; atMs: number }>) => {
      const intent = state[payload.place];
      if (intent?.phase === 'previewed') Object.assign(intent, { preview: payload.preview, previewedAtMs: payload.atMs });
    },
    takenBack: (state, { payload }: At) => {
      const intent = state[payload.place];
      if (intent?.phase === 'previewed') Object.assign(intent, { phase: 'draft', command: null, preview: null, previewedAtMs: null });
    },
    sent: (state, { payload }: At) => {
      const intent = state[payload.place];
      if (intent?.phase === 'previewed' || intent?.phase === 'unknown') intent.phase = 'sent';
    },
    answered: (state, { payload }: At<{ movement: Movement; isReplayed: boolean }>) => {
      const intent = state[payload.place];
      if (intent?.phase !== 'sent') return;
      Object.assign(intent, { phase: 'done', outcome: { movement: payload.movement, isReplayed: payload.isReplayed } });
    },
    /** For good: what is sent next is another command, under another key. */
    refused: (state, { payload }: At<{ key: string; refusal: Refusal }>) => {
      const intent = state[payload.place];
      if (intent?.phase !== 'sent') return;
      Object.assign(intent, {
        phase: 'draft',
        key: payload.key,
        refusal: payload.refusal,
        command: null,
        preview: null,
        previewedAtMs: null,
        isDoubtful: false,
      });
    },
    /** Nobody looked at it: it may be sent again as it is. */
    untried: (state, { payload }: At) => {
      const intent = state[payload.place];
      if (intent?.phase === 'sent') intent.phase = 'previewed';
    },
    lost: (state, { payload }: At) => {
      const intent = state[payload.place];
      if (intent?.phase === 'sent') Object.assign(intent, { phase: 'unknown', isDoubtful: true });
    },
  },
});

export const freshIntent = (kind: Kind): Intent => newIntent(emptyDraft(kind));

/** Something of it was sent and not settled: it stays as it is. */
export const isOpen = ({ phase, isDoubtful }: Intent): boolean =>
  phase === 'sent' || phase === 'unknown' || (phase === 'previewed' && isDoubtful);

/** Whether what somebody came with may be filled in. What had to wait for an open one does so until they begin anew: its result or refusal is to be seen. */
export const mayFill = (kind: Kind, intent: Intent, hasWaited: boolean): boolean => {
  if (isOpen(intent)) return false;
  return !hasWaited || (intent.phase === 'draft' && JSON.stringify(intent.draft) === JSON.stringify(emptyDraft(kind)));
};
