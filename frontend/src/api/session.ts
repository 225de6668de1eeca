import { useSuspenseQuery } from '@tanstack/react-query';
import type { OperationId } from '@ledgerflow/client';
import { may, type Me } from './access.ts';
import { STALE_MS } from './keys.ts';
import { answerOf } from './queries.ts';

export const me = answerOf('getMe', {}, STALE_MS.slow);

/** Who is signed in; the shell has asked before any page is drawn. */
export const useMe = (): Me => useSuspenseQuery(me).data;

/** Whether they may call an operation, on the ledger if it is of one. */
export function useMay(): (operation: OperationId, ledger?: string) => boolean {
  const who = useMe();
  return (operation, ledger) => may(who, operation, ledger);
}

/** Where signing in begins, to come back to here. */
export const signInPath = (back = `${location.pathname}${location.search}`): string => `/oauth2/start?rd=${encodeURIComponent(back)}`;
export const SIGN_OUT_PATH = '/oauth2/sign_out';
