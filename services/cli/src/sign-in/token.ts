import type { TokenFunction } from '@ledgerflow/client';
import { CommandError } from '../exit-codes.ts';
import type { SignIn, SignInStore } from './store.ts';

const EARLY_MS = 20_000;

export const tokenOf = ({ LEDGERFLOW_TOKEN }: NodeJS.ProcessEnv): string | null =>
  LEDGERFLOW_TOKEN === undefined || LEDGERFLOW_TOKEN === '' ? null : LEDGERFLOW_TOKEN;

/** The token of the environment, else that of the sign-in, renewed when it ends: by one command at a time, for a refresh token is good for one use. */
export function tokenSource(url: string, store: SignInStore, environment: NodeJS.ProcessEnv): TokenFunction {
  const given = tokenOf(environment);
  if (given !== null) {
    if (!/^[\x21-\x7e]+$/.test(given))
      throw new CommandError('usage', 'LEDGERFLOW_TOKEN is not a token: it has spaces or other characters');
    return () => given;
  }
  const signedIn = async (): Promise<SignIn> => {
    const signIn = await store.get(url);
    if (signIn === null)
      throw new CommandError('unauthenticated', `not signed in at ${url}: ledgerflow login --url ${url}, or set LEDGERFLOW_TOKEN`);
    return signIn;
  };
  return async ({ refusedToken, signal }) => {
    const isGood = ({ accessToken, expiresAtMs }: SignIn): boolean => accessToken !== refusedToken && Date.now() < expiresAtMs - EARLY_MS;
    const kept = await signedIn();
    if (isGood(kept)) return kept.accessToken;
    const { renew } = await import('./provider.ts');
    return store.alone(signal, async () => {
      // Another command may have renewed it while this one waited.
      const signIn = await signedIn();
      if (isGood(signIn)) return signIn.accessToken;
      const renewed = await renew(signIn, signal);
      await store.renewed(url, signIn, renewed);
      return renewed.accessToken;
    });
  };
}
