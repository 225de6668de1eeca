import type { TokenFunction } from '@ledgerflow/client';
import { CommandError } from '../exit-codes.ts';
import type { SignInStore } from './store.ts';

const EARLY_MS = 20_000;

/** The token of the environment, else that of the sign-in, renewed when it ends. */
export function tokenSource(url: string, store: SignInStore, environment: NodeJS.ProcessEnv): TokenFunction {
  const given = environment['LEDGERFLOW_TOKEN'];
  if (given !== undefined && given !== '') {
    if (!/^[\x21-\x7e]+$/.test(given))
      throw new CommandError('usage', 'LEDGERFLOW_TOKEN is not a token: it has spaces or other characters');
    return () => given;
  }
  return async ({ isRefused }) => {
    const signIn = await store.get(url);
    if (signIn === null)
      throw new CommandError('unauthenticated', `not signed in at ${url}: ledgerflow login --url ${url}, or set LEDGERFLOW_TOKEN`);
    if (!isRefused && Date.now() < signIn.expiresAtMs - EARLY_MS) return signIn.accessToken;
    const { renew } = await import('./provider.ts');
    try {
      const renewed = await renew(signIn);
      await store.renewed(url, renewed);
      return renewed.accessToken;
    } catch (error) {
      // Another command may have used the refresh token, which is good for one use.
      const now = await store.get(url);
      if (now !== null && now.accessToken !== signIn.accessToken) return now.accessToken;
      throw error;
    }
  };
}
