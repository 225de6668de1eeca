import type { BodyOf, Ledger, RequestOf } from '@ledgerflow/client';
import { isId } from '../../../api/id.ts';
import { scaleOf } from '../../../api/ledger.ts';
import { explainMoment } from '../../../ui/moment/index.ts';
import { explainFault, inScale, readAmount } from '../../../ui/money-input/index.ts';
import { parseInstant, parseLocal, type Zone } from '../../../ui/time/index.ts';
import { strings } from '../strings.ts';
import { type Draft, type Faults, hasFrom, hasTo, type Kind, type Leg, type Terms } from './draft.ts';
import { readMetadata } from './metadata.ts';

/** A command as it is sent, under one key however often. */
export type Command =
  | { operation: 'createTransfer'; request: RequestOf<'createTransfer'> }
  | { operation: 'createDeposit'; request: RequestOf<'createDeposit'> }
  | { operation: 'createWithdrawal'; request: RequestOf<'createWithdrawal'> }
  | { operation: 'createTransaction'; request: RequestOf<'createTransaction'> };

type Posting = BodyOf<'createTransaction'>['postings'][number];
type SentTerms = Omit<BodyOf<'createDeposit'>, 'amount' | 'currency'>;

export interface Surroundings {
  ledger: Ledger;
  zone: Zone;
  /** The currency of a leg: as chosen, else that of its accounts; null when none is known. */
  currencyOf: (leg: Leg) => string | null;
}

const EXTERNAL_ID_MAX = 255;
const TEXT_MAX = 1_024;

function accountFault(id: string): string | null {
  if (id === '') return strings.faults.account;
  if (!isId(id)) return strings.faults.accountId;
  return id.startsWith('@') ? strings.faults.system : null;
}

/** The characters that no text of the API may have. */
const isText = (text: string): boolean => !text.includes('\0') && text.isWellFormed();

export const textFault = (text: string, max: number = TEXT_MAX): string | null => {
  if (!isText(text)) return strings.faults.characters;
  return text.length > max ? strings.faults.long(max) : null;
};
export const externalIdFault = (text: string): string | null =>
  text === text.normalize('NFC') ? textFault(text, EXTERNAL_ID_MAX) : strings.faults.normal;

/** A leg as a posting, its amount with all decimals of its currency; of a deposit or a withdrawal the side outside is ''. */
export function readLeg(leg: Leg, kind: Kind, { ledger, currencyOf }: Surroundings): { posting: Posting } | { faults: Partial<Leg> } {
  const faults: Partial<Leg> = {};
  const tell = (field: keyof Leg, fault: string | null): void => {
    if (fault !== null) faults[field] ??= fault;
  };
  if (hasFrom(kind)) tell('from', accountFault(leg.from));
  if (hasTo(kind)) tell('to', accountFault(leg.to));
  if (hasFrom(kind) && hasTo(kind) && leg.from !== '' && leg.from === leg.to) tell('to', strings.faults.same);
  const currency = currencyOf(leg);
  const scale = currency === null ? null : scaleOf(ledger, currency);
  if (currency === null) tell('currency', strings.faults.currency);
  else if (scale === null) tell('currency', strings.faults.unknownCurrency(currency));
  if (currency === null || scale === null) return { faults };
  const read = readAmount(leg.amount, { scale });
  if ('fault' in read) tell('amount', explainFault(read.fault, { scale, currency }, leg.amount));
  if ('fault' in read || Object.keys(faults).length > 0) return { faults };
  return { posting: { from: leg.from, to: leg.to, amount: inScale(read.amount, scale), currency } };
}

function readTerms(terms: Terms, zone: Zone): { sent: SentTerms } | { faults: Partial<Terms> } {
  const faults: Partial<Terms> = {};
  const sent: SentTerms = {};
  for (const name of ['reference', 'description', 'externalId'] as const) {
    const text = terms[name].trim();
    if (text === '') continue;
    const fault = name === 'externalId' ? externalIdFault(text) : textFault(text);
    if (fault === null) sent[name] = text;
    else faults[name] = fault;
  }
  const time = terms.effectiveAt.trim();
  if (time !== '') {
    const instant = parseInstant(time) ?? parseLocal(time, zone);
    if (typeof instant !== 'string') faults.effectiveAt = explainMoment(time, zone);
    else sent.effectiveAt = instant;
  }
  if (terms.metadata.trim() !== '') {
    const read = readMetadata(terms.metadata);
    if ('fault' in read) faults.metadata = read.fault;
    else sent.metadata = read.metadata;
  }
  return Object.keys(faults).length > 0 ? { faults } : { sent };
}

function commandFor(kind: Kind, ledger: string, postings: readonly Posting[], terms: SentTerms): Command {
  const [first] = postings;
  if (first === undefined) throw new Error('a draft without legs');
  const { from, to, amount, currency } = first;
  switch (kind) {
    case 'transfer':
      return { operation: 'createTransfer', request: { ledger, body: { from, to, amount, currency, ...terms } } };
    case 'deposit':
      return { operation: 'createDeposit', request: { ledger, account: to, body: { amount, currency, ...terms } } };
    case 'withdrawal':
      return { operation: 'createWithdrawal', request: { ledger, account: from, body: { amount, currency, ...terms } } };
    case 'legs':
      return { operation: 'createTransaction', request: { ledger, body: { postings: [...postings], ...terms } } };
    default:
      return kind satisfies never;
  }
}

/** A draft as the command that it means, or what is wrong in which of its fields. */
export function commandOf(kind: Kind, draft: Draft, around: Surroundings): { command: Command } | { faults: Faults } {
  const faults: Record<string, string> = {};
  const postings: Posting[] = [];
  draft.legs.forEach((leg, index) => {
    const read = readLeg(leg, kind, around);
    if ('posting' in read) postings.push(read.posting);
    else for (const [field, fault] of Object.entries(read.faults)) faults[`legs.${index}.${field}`] = fault;
  });
  const terms = readTerms(draft.terms, around.zone);
  if ('faults' in terms) for (const [field, fault] of Object.entries(terms.faults)) faults[`terms.${field}`] = fault;
  if ('faults' in terms || Object.keys(faults).length > 0) return { faults: faults as Faults };
  return { command: commandFor(kind, around.ledger.id, postings, terms.sent) };
}

/** What a command moves: its postings, of a deposit and a withdrawal with the account of the ledger itself as the other side. */
export function postingsOf(command: Command): readonly Posting[] {
  switch (command.operation) {
    case 'createTransfer': {
      const { from, to, amount, currency } = command.request.body;
      return [{ from, to, amount, currency }];
    }
    case 'createDeposit': {
      const { amount, currency } = command.request.body;
      return [{ from: `@world:${currency}`, to: command.request.account, amount, currency }];
    }
    case 'createWithdrawal': {
      const { amount, currency } = command.request.body;
      return [{ from: command.request.account, to: `@world:${currency}`, amount, currency }];
    }
    case 'createTransaction':
      return command.request.body.postings;
    default:
      return command satisfies never;
  }
}

/** The currency of each account in it. */
export const currenciesOf = (command: Command): ReadonlyMap<string, string> =>
  new Map(
    postingsOf(command).flatMap(({ from, to, currency }): [string, string][] => [
      [from, currency],
      [to, currency],
    ]),
  );
