import { folderInstallation } from '@ledgerflow/local/databases';
import { requestAccessToken } from '@ledgerflow/local/access';
import { type Installation, installationOf, namesInstallation } from './installation.ts';

const TOKEN_SECONDS = 60;

/**
 * The installation that the environment names, else the one that `npm start` runs on a data folder. Throws ConfigError or UserError for what a person can put right.
 */
export async function findInstallation(dataDir: string, environment: Record<string, string | undefined>): Promise<Installation> {
  if (namesInstallation(environment)) return installationOf(environment, 'the installation that the environment names');
  const { variables, url } = await folderInstallation(dataDir);
  const token = (): Promise<string> => requestAccessToken(url, { roles: ['auditor'], subject: 'doctor', ttlSeconds: TOKEN_SECONDS });
  return installationOf({ ...variables, LEDGERFLOW_URL: url }, `${dataDir} (npm start, ${url})`, token, true);
}
