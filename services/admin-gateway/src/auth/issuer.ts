/** Hosts of this machine alone. */
const LOOPBACK = /^(?:localhost|(?:[\w-]+\.)+localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** What is wrong with the addresses of the identity provider in an environment: who stands between reads the client's secret and makes keys of their own, so they are https, but for this machine. */
export function issuerProblems({ OIDC_ISSUER, OIDC_JWKS_URL, OIDC_HTTP_ALLOWED }: Readonly<Record<string, unknown>>): string[] {
  const problems: string[] = [];
  for (const [name, value] of Object.entries({ OIDC_ISSUER, OIDC_JWKS_URL })) {
    if (typeof value !== 'string') continue;
    if (!URL.canParse(value)) {
      problems.push(`${name} must be a URL`);
      continue;
    }
    const { protocol, hostname } = new URL(value);
    if (protocol !== 'https:' && !LOOPBACK.test(hostname) && OIDC_HTTP_ALLOWED !== true && OIDC_HTTP_ALLOWED !== 'true')
      problems.push(`${name} must be https, or OIDC_HTTP_ALLOWED true where nobody else is on the network`);
  }
  const isHttps = (value: unknown): boolean => typeof value === 'string' && value.startsWith('https:');
  if (isHttps(OIDC_ISSUER) && OIDC_JWKS_URL !== undefined && !isHttps(OIDC_JWKS_URL))
    problems.push('OIDC_JWKS_URL must be https, as OIDC_ISSUER is');
  return problems;
}
