/** What the gateway's own sign-in needs; without it only bearer tokens are taken. */
export interface SignInOptions {
  /** This API as browsers know it: the provider sends them back to <publicUrl>/oauth2/callback. */
  publicUrl: string;
  clientId: string;
  /** Absent: a public client, which PKCE alone protects. */
  clientSecret?: string;
  /** Separated by blanks. */
  scopes: string;
  /** Further parameters of the authorization request, as a query: audience=…&prompt=… */
  authorizationParameters: string;
  /** The first encrypts, all decrypt. */
  secrets: readonly string[];
  /** A session ends when it was not used for so long … */
  idleSeconds: number;
  /** … and in any case so long after the sign-in. */
  maxSeconds: number;
}

export const SIGN_IN_SECRET_CHARACTERS_MIN = 32;

interface SignInVariables {
  OIDC_CLIENT_ID?: string;
  OIDC_CLIENT_SECRET?: string;
  OIDC_SCOPES: string;
  OIDC_AUTHORIZATION_PARAMETERS?: string;
  PUBLIC_URL?: string;
  SESSION_SECRETS?: string;
  SESSION_IDLE_SECONDS: number;
  SESSION_MAX_SECONDS: number;
}

const secretsOf = (text: string): string[] => text.split(',').filter((secret) => secret !== '');

/** What is wrong with the variables of sign-in taken together. */
export function signInProblems(values: Readonly<Record<string, unknown>>): string[] {
  const { OIDC_CLIENT_ID, PUBLIC_URL, SESSION_SECRETS, SESSION_IDLE_SECONDS, SESSION_MAX_SECONDS } = values;
  const problems: string[] = [];
  if (OIDC_CLIENT_ID !== undefined) {
    if (OIDC_CLIENT_ID === values['OIDC_AUDIENCE'])
      problems.push('OIDC_CLIENT_ID must not be OIDC_AUDIENCE: an ID token, which is for the client, would pass for an access token');
    if (PUBLIC_URL === undefined) problems.push('PUBLIC_URL is required with OIDC_CLIENT_ID');
    if (SESSION_SECRETS === undefined) problems.push('SESSION_SECRETS is required with OIDC_CLIENT_ID');
  }
  if (typeof PUBLIC_URL === 'string' && (!URL.canParse(PUBLIC_URL) || new URL(PUBLIC_URL).origin !== PUBLIC_URL.replace(/\/$/, '')))
    problems.push('PUBLIC_URL must be scheme, host and port only');
  if (typeof SESSION_SECRETS === 'string') {
    const secrets = secretsOf(SESSION_SECRETS);
    if (secrets.length === 0 || secrets.some(({ length }) => length < SIGN_IN_SECRET_CHARACTERS_MIN))
      problems.push(`SESSION_SECRETS must be secrets of at least ${SIGN_IN_SECRET_CHARACTERS_MIN} characters with commas between`);
  }
  if (Number(SESSION_IDLE_SECONDS) > Number(SESSION_MAX_SECONDS))
    problems.push('SESSION_IDLE_SECONDS must not be more than SESSION_MAX_SECONDS');
  return problems;
}

/** null: the gateway signs nobody in. The variables have no problems. */
export function signInOptions(variables: SignInVariables): SignInOptions | null {
  const { OIDC_CLIENT_ID: clientId, PUBLIC_URL: publicUrl, SESSION_SECRETS: secrets } = variables;
  if (clientId === undefined || publicUrl === undefined || secrets === undefined) return null;
  return {
    publicUrl: new URL(publicUrl).origin,
    clientId,
    clientSecret: variables.OIDC_CLIENT_SECRET,
    scopes: variables.OIDC_SCOPES,
    authorizationParameters: variables.OIDC_AUTHORIZATION_PARAMETERS ?? '',
    secrets: secretsOf(secrets),
    idleSeconds: variables.SESSION_IDLE_SECONDS,
    maxSeconds: variables.SESSION_MAX_SECONDS,
  };
}
