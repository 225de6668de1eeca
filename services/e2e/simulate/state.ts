import { UserError } from '@ledgerflow/local/access';
import { EXIT_USAGE } from '../terminal/index.ts';
import type { TownLedger } from './ledger.ts';

/** The account on which the town keeps what it needs to go on; it holds no money. */
const TOWN_HALL = { id: 'town-hall', name: 'Town Hall', ownerId: 'town', kind: 'town' };

export interface TownState {
  seed: number;
  customers: number;
  /** Midnight (UTC) with which the town begins, in milliseconds since 1970. */
  firstDayMs: number;
  /** Everything before this time in the town has happened. */
  throughMs: number;
}

function parse(metadata: Record<string, unknown>): TownState | null {
  const { seed, customers, firstDay, through } = metadata;
  const [firstDayMs, throughMs] = [Date.parse(String(firstDay)), Date.parse(String(through))];
  if (typeof seed !== 'number' || typeof customers !== 'number' || Number.isNaN(firstDayMs) || Number.isNaN(throughMs)) return null;
  return { seed, customers, firstDayMs, throughMs };
}

const metadataOf = ({ seed, customers, firstDayMs, throughMs }: TownState): Record<string, unknown> => ({
  kind: TOWN_HALL.kind,
  seed,
  customers,
  firstDay: new Date(firstDayMs).toISOString(),
  through: new Date(throughMs).toISOString(),
});

/** The state of the town on a ledger if there is one of the same seed and size, else that of the new one. Throws UserError when another town is there. */
export async function openState(ledger: TownLedger, wanted: TownState): Promise<{ state: TownState; isNew: boolean }> {
  const metadata = await ledger.metadataOf(TOWN_HALL.id);
  if (metadata === null) {
    await ledger.open(TOWN_HALL, metadataOf(wanted));
    return { state: wanted, isNew: true };
  }
  const state = parse(metadata);
  if (state === null)
    throw new UserError(`the account ${TOWN_HALL.id} of this ledger is not of a town: choose another --ledger`, EXIT_USAGE);
  if (state.seed !== wanted.seed || state.customers !== wanted.customers)
    throw new UserError(
      `this ledger has the town of --seed=${state.seed} --customers=${state.customers}: go on with that one, or choose another --ledger`,
      EXIT_USAGE,
    );
  return { state, isNew: false };
}

export async function saveState(ledger: TownLedger, state: TownState): Promise<void> {
  await ledger.setMetadata(TOWN_HALL.id, `through-${state.throughMs}`, metadataOf(state));
}
