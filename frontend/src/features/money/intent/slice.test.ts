import { describe, expect, it } from '@jest/globals';
import type { Action } from '@reduxjs/toolkit';
import fc from 'fast-check';
import type { Command } from './command.ts';
import { emptyDraft } from './draft.ts';
import { MOVEMENT } from './intent.fixture.ts';
import { afterReload, freshIntent, type Intent, intents, isOutdated, mayFill, PREVIEW_MAX_MS, previewLeftMs } from './slice.ts';
import { readIntent } from './stored.ts';

const { begun, drafted, previewed, entered, renewed, takenBack, sent, answered, refused, untried, lost } = intents.actions;
const place = 'p';
const command: Command = {
  operation: 'createTransfer',
  request: { ledger: 'shop', body: { from: 'alice', to: 'bob', amount: '12.34', currency: 'USD' } },
};
const refusal = { code: 'insufficient_funds', status: 422, title: 'No', detail: 'No' };
const draft = emptyDraft('transfer');
draft.legs[0] = { from: 'alice', to: 'bob', amount: '12.34', currency: '' };

const STEPS = {
  begun: () => begun({ place, intent: freshIntent('transfer') }),
  drafted: () => drafted({ place, draft }),
  previewed: () => previewed({ place, command, preview: MOVEMENT, atMs: 1_000 }),
  entered: () => entered({ place }),
  renewed: () => renewed({ place, preview: MOVEMENT, atMs: 90_000 }),
  takenBack: () => takenBack({ place }),
  sent: () => sent({ place }),
  answered: () => answered({ place, movement: MOVEMENT, isReplayed: true }),
  refused: () => refused({ place, key: 'other', refusal }),
  untried: () => untried({ place }),
  lost: () => lost({ place }),
} satisfies Record<string, () => Action>;
type Step = keyof typeof STEPS;

const run = (steps: readonly Step[]): Intent =>
  steps.reduce((state, step) => intents.reducer(state, STEPS[step]()), { [place]: freshIntent('transfer') } as Record<string, Intent>)[
    place
  ] as Intent;

describe('an intent', () => {
  it('goes from draft to done under one key', () => {
    const before = freshIntent('transfer');
    let state: Record<string, Intent> = { [place]: before };
    for (const step of ['drafted', 'previewed', 'sent', 'lost', 'sent', 'untried', 'sent', 'answered'] as const)
      state = intents.reducer(state, STEPS[step]());
    expect(state[place]).toMatchObject({ key: before.key, phase: 'done', draft, outcome: { movement: MOVEMENT, isReplayed: true } });
  });

  it('is sent once by two presses', () => expect(run(['previewed', 'sent', 'sent']).phase).toBe('sent'));

  it('cannot be changed, taken back or thrown away while its outcome is unknown', () => {
    for (const step of ['begun', 'drafted', 'previewed', 'renewed', 'takenBack'] as const) {
      const intent = run(['drafted', 'previewed', 'sent', 'lost', step]);
      expect(intent).toMatchObject({ phase: 'unknown', draft, command, isDoubtful: true });
    }
    expect(run(['drafted', 'previewed', 'sent', 'begun'])).toMatchObject({ phase: 'sent', draft });
  });

  it('keeps when it was previewed, until it is a draft again', () => {
    expect(run(['previewed']).previewedAtMs).toBe(1_000);
    expect(run(['previewed', 'renewed'])).toMatchObject({ phase: 'previewed', command, previewedAtMs: 90_000 });
    expect(run(['previewed', 'sent', 'renewed']).previewedAtMs).toBe(1_000);
    expect([run(['renewed']), run(['previewed', 'takenBack'])].map(({ previewedAtMs }) => previewedAtMs)).toEqual([null, null]);
  });

  it('is previewed anew when somebody comes back to it, under its key, unless it was sent', () => {
    const back = run(['drafted', 'previewed', 'entered']);
    expect(back).toMatchObject({ phase: 'previewed', command, previewedAtMs: null });
    expect([isOutdated(back), previewLeftMs(back, Date.now())]).toEqual([true, 0]);
    expect(isOutdated(run(['previewed', 'entered', 'renewed']))).toBe(false);
    for (const steps of [['drafted'], ['previewed'], ['previewed', 'sent'], ['previewed', 'sent', 'lost']] as Step[][])
      expect([run([...steps, 'entered']).phase, isOutdated(run(steps))]).toEqual([run(steps).phase, false]);
  });

  it('has a preview that is shown for a minute', () => {
    const left = (nowMs: number): number => previewLeftMs({ previewedAtMs: 1_000 }, nowMs);
    expect([left(1_000), left(1_000 + PREVIEW_MAX_MS - 1), left(1_000 + PREVIEW_MAX_MS), left(Date.now())]).toEqual([
      PREVIEW_MAX_MS,
      1,
      0,
      0,
    ]);
    expect(left(999)).toBe(0);
    expect(previewLeftMs({ previewedAtMs: null }, Date.now())).toBe(0);
  });

  it('is filled in beforehand, but not while it is open, nor over its result or refusal', () => {
    const may = (hasWaited: boolean, ...steps: Step[]): boolean => mayFill('transfer', run(steps), hasWaited);
    expect([may(false), may(false, 'drafted', 'previewed'), may(false, 'previewed', 'sent', 'answered')]).toEqual([true, true, true]);
    expect([may(false, 'previewed', 'sent'), may(false, 'previewed', 'sent', 'lost')]).toEqual([false, false]);
    expect(may(false, 'previewed', 'sent', 'lost', 'sent', 'untried')).toBe(false);
    expect([may(true, 'previewed', 'sent', 'answered'), may(true, 'drafted', 'previewed', 'sent', 'refused')]).toEqual([false, false]);
    expect(may(true, 'previewed', 'sent', 'answered', 'begun')).toBe(true);
  });

  it('has another key after a refusal, and is a draft again', () => {
    expect(run(['drafted', 'previewed', 'sent', 'lost', 'sent', 'refused'])).toMatchObject({
      key: 'other',
      phase: 'draft',
      draft,
      command: null,
      isDoubtful: false,
      refusal,
    });
    for (const step of ['begun', 'drafted', 'previewed'] as const) expect(run(['previewed', 'sent', 'refused', step]).refusal).toBeNull();
  });

  it('comes back from a reload as it was; what was on its way is unknown then', () => {
    const on = run(['drafted', 'previewed', 'sent']);
    expect(afterReload(on)).toEqual({ ...on, phase: 'unknown', isDoubtful: true });
    for (const steps of [['drafted'], ['drafted', 'previewed'], ['drafted', 'previewed', 'sent', 'answered']] as Step[][])
      expect(afterReload(run(steps))).toEqual(
        run(steps).phase === 'done' ? expect.objectContaining({ phase: 'done' }) : expect.objectContaining({ draft }),
      );
  });

  it('never loses a key of which something was sent and not settled, whatever is pressed', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...(Object.keys(STEPS) as Step[])), { maxLength: 30 }), (steps) => {
        let state: Record<string, Intent> = { [place]: freshIntent('transfer') };
        for (const step of steps) {
          const before = state[place] as Intent;
          state = intents.reducer(state, STEPS[step]());
          const after = state[place] as Intent;
          expect(readIntent(JSON.parse(JSON.stringify(after)))).toEqual(after);
          const isOpen = before.phase === 'sent' || before.phase === 'unknown';
          if (isOpen && after.key !== before.key) expect(step).toBe('refused');
          if (isOpen && step !== 'refused') expect(after.command).toEqual(before.command);
          if (after.phase === 'sent' || after.phase === 'unknown') expect(after.command).not.toBeNull();
        }
      }),
    );
  });
});
