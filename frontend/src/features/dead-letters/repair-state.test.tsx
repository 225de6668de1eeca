/** @jest-environment jsdom */
import { describe, expect, it, jest } from '@jest/globals';
import { LedgerFlowProblem, LedgerFlowUnreachable } from '@ledgerflow/client';
import { cleanup, fireEvent, screen } from '@testing-library/react';
import { draw } from '../../testing/render.tsx';
import type { Repair } from './letter.ts';
import type { Repairing } from './queries.ts';
import { RepairState } from './repair-state.tsx';

const FACTS = { operation: 'retryDeadLetter', attempts: 1, idempotencyKey: null };
const repair = (over: Partial<Repair>): Repair => ({ id: 'r', state: 'finished', applied: 4, left: 0, code: null, detail: null, ...over });

function shown(over: Partial<Repairing>, isDiscard = false): string {
  cleanup();
  const repairing: Repairing = { start: () => undefined, isBusy: false, repair: null, error: null, look: () => undefined, ...over };
  draw(
    <main>
      <RepairState repairing={repairing} isDiscard={isDiscard} />
    </main>,
  );
  return screen.getByRole('main').textContent;
}

describe('how a repair stands', () => {
  it('says nothing before it is asked for', () => expect(shown({})).toBe(''));

  it('says that it is not known when the answer is lost, and looks again', () => {
    const look = jest.fn();
    shown({ error: new LedgerFlowUnreachable('lost', { ...FACTS, isOutcomeUnknown: true }), look });
    expect(screen.getByRole('alert').textContent).toContain('Whether it was done is not known.');
    fireEvent.click(screen.getByRole('button', { name: 'Look again' }));
    expect(look).toHaveBeenCalledTimes(1);
  });

  it('tells a refusal with what was done before it', () => {
    const document = { code: 'still_refused', status: 409, title: 'Still refused', detail: 'poison', applied: '2', left: '1' };
    const text = shown({ error: new LedgerFlowProblem(document, { ...FACTS, isOutcomeUnknown: false }) });
    expect(text).toContain('poison');
    expect(text).toContain('2 applied before that.');
    expect(screen.queryByRole('button', { name: 'Look again' })).toBeNull();
  });

  it('tells what goes on, what was done, and what was not', () => {
    expect(shown({ repair: repair({ state: 'running', left: null }), isBusy: true })).toContain('A builder works on it');
    expect(shown({ repair: repair({}) })).toBe('4 records appliedNothing of it is parked any more.');
    expect(shown({ repair: repair({ applied: 1, left: 2, detail: 'poison' }) })).toBe('1 record appliedpoison2 records are still parked.');
    expect(shown({ repair: repair({ applied: 0, left: 1, code: 'ledger_stopped', detail: 'why' }) })).toBe(
      'Not doneledger_stoppedwhy1 record is still parked.',
    );
    expect(shown({ repair: repair({ applied: 0, detail: 'Record 7 is missing from x' }) }, true)).toContain('Discarded');
  });
});
