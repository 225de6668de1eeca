import type { LedgerFlowProblem } from '@ledgerflow/client';
import { strings } from '../strings.ts';

const text = strings.words;

interface Words {
  title: string;
  detail: string;
}

/** What of the API's document tells what is wrong. */
export interface Refusal {
  code: string;
  title: string;
  detail: string;
  field: string | null;
}

type Kind = keyof typeof text.kinds;

/** What a pattern of the API describes, by what it holds. The first one counts. */
const KIND_OF_PATTERN: readonly (readonly [string, Kind])[] = [
  ['[A-Za-z0-9_.:@-]', 'id'],
  ['[A-Z][A-Z0-9_]', 'currency'],
  ['[0-9a-f]{8}-', 'uuid'],
  ['[0-9]{4}-[0-9]{2}-[0-9]{2}', 'day'],
  ['[1-9][0-9]', 'number'],
  ['[A-Za-z', 'word'],
  ['[a-z_', 'word'],
  [String.raw`\S`, 'filled'],
];

/** What an address names. */
const KIND_OF_FIELD: Readonly<Record<string, Kind>> = {
  ledger: 'id',
  account: 'id',
  projection: 'id',
  transaction: 'transaction',
  deadLetter: 'number',
  rebuild: 'uuid',
  repair: 'uuid',
};

const PATTERN = /^The field must match pattern "(.*)"$/s;
const NO_ID = 'The id is not one';

/** The gateway's words for a field that does not fit, and ours; the number of the one is in the other. */
const LIMITS: readonly (readonly [RegExp, (limit: string) => string])[] = [
  [/^The field must NOT have more than (\d+) characters$/, text.longest],
  [/^The field must NOT have fewer than (\d+) characters$/, text.shortest],
  [/^The field must NOT have more than (\d+) (?:items|properties)$/, text.most],
  [/^The field must be <= (\S+)$/, text.atMost],
  [/^The field must be >= (\S+)$/, text.atLeast],
  [/^The field must be (?:integer|number)$/, () => text.number],
  [/^The field must be equal to one of the allowed values$/, () => text.choice],
  [/^The field must match format "nfc"$/, () => text.nfc],
  [/^The field is required$/, () => text.required],
  [/^The field is not known$/, () => text.notKnown],
];

function ofField({ detail, field }: Refusal): string | null {
  const pattern = PATTERN.exec(detail)?.[1];
  if (pattern !== undefined) {
    const kind = KIND_OF_PATTERN.find(([part]) => pattern.includes(part))?.[1];
    return kind === undefined ? text.otherForm : text.kinds[kind];
  }
  if (detail === NO_ID) return text.kinds[KIND_OF_FIELD[field ?? ''] ?? 'id'];
  for (const [form, inWords] of LIMITS) {
    const match = form.exec(detail);
    if (match !== null) return inWords(match[1] ?? '');
  }
  return null;
}

const FAULTS: readonly (readonly [RegExp, string])[] = [
  [/aborted due to timeout|no answer within \d+ ms/i, text.noAnswer],
  [/^fetch failed$|\bECONNREFUSED\b|\bECONNRESET\b|\bENOTFOUND\b|\bEHOSTUNREACH\b/, text.noConnection],
];

/** What a program says of a connection, in words; other texts as they are. */
export const plain = (said: string): string => FAULTS.find(([form]) => form.test(said))?.[1] ?? said;

/** What it is that is not there, in the ledger that is looked at, by a code as dead_letter_not_found and its parameter deadLetter; null: the problem does not say. */
export function absentOf({ code, parameters }: Pick<LedgerFlowProblem, 'code' | 'parameters'>, ledger?: string): string | null {
  const noun = /^(\w+)_not_found$/.exec(code)?.[1] ?? '';
  const id = parameters[noun.replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase())];
  return typeof id === 'string' ? strings.absent(noun.replaceAll('_', ' '), id, noun === 'ledger' ? undefined : ledger) : null;
}

/** A refusal in words for somebody who does not know the API; null: its own are good. */
export function wordsOf(refusal: Refusal): Words | null {
  const { code, title, detail } = refusal;
  const own = Object.hasOwn(text.codes, code) ? text.codes[code as keyof typeof text.codes] : null;
  // What the API says besides its title is of this very case.
  if (own !== null) return { title: own.title, detail: code === 'unauthenticated' || detail === title ? own.detail : detail };
  if (code === 'invalid_request') {
    const inWords = ofField(refusal);
    if (inWords !== null) return { title: text.misfit, detail: inWords };
  }
  const fault = plain(detail);
  return fault === detail ? null : { title, detail: fault };
}
