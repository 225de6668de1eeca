import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { CommandError } from '../exit-codes.ts';
import { locked } from './lock.ts';

/** How a gateway is signed in to. */
export interface SignIn {
  kind: 'device' | 'client-credentials';
  issuer: string;
  clientId: string;
  clientSecret?: string;
  parameters?: Record<string, string>;
  accessToken: string;
  refreshToken?: string;
  expiresAtMs: number;
}

interface Kept {
  /** The gateway of the last login. */
  current?: string;
  gateways: Record<string, SignIn>;
}

const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

/** What `login` keeps, in $XDG_CONFIG_HOME/ledgerflow/credentials.json, readable by its owner only. */
export class SignInStore {
  private readonly folder: string;

  constructor(environment: NodeJS.ProcessEnv) {
    const { XDG_CONFIG_HOME } = environment;
    // A relative path is to be ignored (XDG base directory specification).
    const base = XDG_CONFIG_HOME?.startsWith('/') === true ? XDG_CONFIG_HOME : join(homedir(), '.config');
    this.folder = join(base, 'ledgerflow');
  }

  private get file(): string {
    return join(this.folder, 'credentials.json');
  }

  private async read(): Promise<Kept> {
    const text = await readFile(this.file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw new CommandError('fault', `${this.file} cannot be read: ${error.message}`);
    });
    if (text === null) return { gateways: {} };
    try {
      const kept = JSON.parse(text) as Partial<Kept>;
      return { ...kept, gateways: kept.gateways ?? {} };
    } catch {
      throw new CommandError('fault', `${this.file} is not what ledgerflow login wrote: delete it and sign in again`);
    }
  }

  /** In one step, so that nobody sees half of it. */
  private async write(kept: Kept): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: FOLDER_MODE });
    const draft = `${this.file}.${randomUUID()}`;
    try {
      await writeFile(draft, JSON.stringify(kept, null, 2), { mode: FILE_MODE, flag: 'wx' });
      await rename(draft, this.file);
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
  }

  /** Does what reads and then writes, while no other command does. */
  alone<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    return locked(`${this.file}.lock`, signal, work);
  }

  async current(): Promise<string | null> {
    return (await this.read()).current ?? null;
  }

  async get(url: string): Promise<SignIn | null> {
    return (await this.read()).gateways[url] ?? null;
  }

  /** A new sign-in, which is the current one from now on. */
  set(url: string, signIn: SignIn, signal: AbortSignal): Promise<void> {
    return this.alone(signal, async () => {
      const kept = await this.read();
      await this.write({ current: url, gateways: { ...kept.gateways, [url]: signIn } });
    });
  }

  /** Another token of the same sign-in, unless that has been logged out or replaced. To be called within `alone`. */
  async renewed(url: string, before: SignIn, signIn: SignIn): Promise<void> {
    const kept = await this.read();
    if (kept.gateways[url]?.accessToken !== before.accessToken) return;
    await this.write({ ...kept, gateways: { ...kept.gateways, [url]: signIn } });
  }

  /** What was there. */
  async remove(url: string, signal: AbortSignal): Promise<SignIn | null> {
    if ((await this.get(url)) === null) return null;
    return this.alone(signal, async () => {
      const { gateways, current } = await this.read();
      const { [url]: removed, ...others } = gateways;
      if (removed === undefined) return null;
      await this.write({ ...(current === undefined || current === url ? {} : { current }), gateways: others });
      return removed;
    });
  }
}
