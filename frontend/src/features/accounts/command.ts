import { LedgerFlowError, LedgerFlowProblem } from '@ledgerflow/client';
import { useEffect, useState } from 'react';

/**
 * Whether a command may have been done, after this answer. isDoubtful: an earlier attempt under its key may have been; then only the ledger's own word settles it, not that this
 * one was turned away at the door.
 */
export function isDoubtfulAfter(error: unknown, isDoubtful: boolean): boolean {
  if (error instanceof LedgerFlowError && error.isOutcomeUnknown) return true;
  return isDoubtful && !(error instanceof LedgerFlowProblem && error.isRefusal);
}

export interface Doubt {
  isDoubtful: boolean;
  isLocked: boolean;
  /** Says whether it is in doubt now. */
  onError: (error: unknown) => boolean;
}

/** Of a form with a command: while it is under way, or may have been done unseen, it stays open as it is and can only be sent again. */
export function useDoubt(isPending: boolean, onLock: (isLocked: boolean) => void): Doubt {
  const [isDoubtful, setIsDoubtful] = useState(false);
  const isLocked = isPending || isDoubtful;
  useEffect(() => {
    onLock(isLocked);
    return () => onLock(false);
  }, [isLocked, onLock]);
  return {
    isDoubtful,
    isLocked,
    onError: (error) => {
      const is = isDoubtfulAfter(error, isDoubtful);
      setIsDoubtful(is);
      return is;
    },
  };
}
