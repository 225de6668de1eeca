import type { BodyOf, Ledger } from '@ledgerflow/client';
import { isId } from '../../../api/id.ts';
import { SCALE_MAX, scaleOf } from '../../../api/ledger.ts';
import { type AmountFault, explainFault, readAmount } from '../../../ui/money-input/index.ts';
import { metadataOf, type Pair } from '../metadata.ts';
import { strings } from '../strings.ts';

/** All as it was typed. */
export interface Values {
  id: string;
  /** '': none is chosen. */
  currency: string;
  name: string;
  ownerId: string;
  initialBalance: string;
  minBalance: string;
  hasNoMin: boolean;
  maxBalance: string;
  metadata: Pair[];
}

export const AMOUNTS = ['initialBalance', 'minBalance', 'maxBalance'] as const;
type AmountName = (typeof AMOUNTS)[number];
/** What each amount may be, beside the scale of its currency. */
export const RULES = {
  initialBalance: { isSigned: false, isZeroAllowed: true },
  minBalance: { isSigned: true, isZeroAllowed: true },
  maxBalance: { isSigned: true, isZeroAllowed: true },
} as const satisfies Record<AmountName, unknown>;
/** Those that another currency would not have. */
const OF_SCALE: readonly AmountFault[] = ['ambiguous', 'decimals', 'digits'];
export const LENGTHS = { name: 1_024, ownerId: 255 } as const;

export type Mistakes = Partial<Record<Exclude<keyof Values, 'hasNoMin' | 'metadata'>, string>>;

/** With one currency there is nothing to choose; of several the wrong one would be for good. */
export const emptyValues = ({ currencies }: Ledger): Values => ({
  id: '',
  currency: currencies.length === 1 ? (currencies[0]?.code ?? '') : '',
  name: '',
  ownerId: '',
  initialBalance: '',
  minBalance: '',
  hasNoMin: false,
  maxBalance: '',
  metadata: [],
});

/** The account that is to be opened, or what is wrong in which of its fields. What is left empty is not sent: the API knows what it means then. Of metadata without mistakes. */
export function readOpening(values: Values, ledger: Ledger): { body: BodyOf<'openAccount'> } | { mistakes: Mistakes } {
  const { currency, hasNoMin } = values;
  const text = strings.create.mistakes;
  const mistakes: Mistakes = {};
  const given: Partial<Record<'id' | 'name' | 'ownerId' | AmountName, string>> = {};
  if (values.id !== '' && !isId(values.id.trim())) mistakes.id = text.id;
  else if (values.id !== '') given.id = values.id.trim();
  const scale = scaleOf(ledger, currency);
  if (scale === null) mistakes.currency = text.currency;
  for (const name of ['name', 'ownerId'] as const) {
    const words = values[name].trim();
    if (words.length > LENGTHS[name]) mistakes[name] = text.long(LENGTHS[name]);
    else if (words !== '') given[name] = words;
  }
  for (const name of AMOUNTS) {
    if (name === 'minBalance' && hasNoMin) continue;
    const rule = { ...RULES[name], scale: scale ?? SCALE_MAX, currency };
    const read = readAmount(values[name], rule);
    if ('amount' in read) given[name] = read.amount;
    else if (read.fault !== 'empty' && (scale !== null || !OF_SCALE.includes(read.fault)))
      mistakes[name] = explainFault(read.fault, rule, values[name]);
  }
  if (Object.keys(mistakes).length > 0) return { mistakes };
  const metadata = metadataOf(values.metadata);
  return {
    body: {
      currency,
      ...given,
      ...(hasNoMin ? { minBalance: null } : {}),
      ...(Object.keys(metadata).length === 0 ? {} : { metadata: metadata as Record<string, never> }),
    },
  };
}
