import { LedgerFlowProblem, LedgerFlowUnreachable } from '@ledgerflow/client';
import type { Ledger, Movement } from '@ledgerflow/client';

export const LEDGER: Ledger = {
  id: 'shop',
  uuid: '00000000-0000-0000-0000-000000000000',
  currencies: [
    { code: 'USD', scale: 2 },
    { code: 'JPY', scale: 0 },
  ],
  openedAt: '2026-11-01T00:00:00.000000Z',
  position: '1',
  recordedAt: '2026-11-01T00:00:00.000000Z',
};

export const MOVEMENT: Movement = {
  transactionId: '7',
  position: '7',
  recordedAt: '2026-11-22T02:05:21.758000Z',
  effectiveAt: '2026-11-22T02:05:21.758000Z',
  entries: [
    { account: 'alice', amount: '-12.34', balanceAfter: '67.66', heldAfter: '0.00', version: '4' },
    { account: 'bob', amount: '12.34', balanceAfter: '12.34', heldAfter: '0.00', version: '2' },
  ],
};

const FACTS = { operation: 'createTransfer', attempts: 1, idempotencyKey: 'k' };

export const problem = (
  status: number,
  code: string,
  parameters: Record<string, unknown> = {},
  { isOutcomeUnknown = false }: { isOutcomeUnknown?: boolean } = {},
): LedgerFlowProblem => new LedgerFlowProblem({ code, status, title: code, detail: code, ...parameters }, { ...FACTS, isOutcomeUnknown });

export const unreachable = (): LedgerFlowUnreachable => new LedgerFlowUnreachable('no answer', { ...FACTS, isOutcomeUnknown: true });
