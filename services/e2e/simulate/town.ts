import { Random } from '../driver/index.ts';
import { FAMILY_NAMES, FIRST_NAMES } from './names.ts';
import { EMPLOYERS, LANDLORDS, type MerchantKind, MERCHANTS, UTILITY } from './places.ts';

/** An account of the town, as it is opened. Amounts in minor units. */
export interface Party {
  id: string;
  name: string;
  ownerId: string;
  kind: 'customer' | 'employer' | 'merchant' | 'landlord' | 'utility';
  /** Brought in when the town begins. */
  opening: bigint;
}

export interface Employer extends Party {
  payday: number;
}

export interface Merchant extends Party {
  trade: MerchantKind;
}

export interface Customer extends Party {
  employer: Employer;
  landlord: Party;
  salary: bigint;
  rent: bigint;
  rentDay: number;
  /** Card payments compared to the average of the town. */
  appetite: number;
  /** The last four digits. */
  card: string;
}

export interface Town {
  customers: Customer[];
  employers: Employer[];
  merchants: Merchant[];
  landlords: Party[];
  utility: Party;
}

/** Streams of the seed: one for who lives there, then one a day. */
export const TOWN_STREAM = 0;
export const FIRST_DAY_STREAM = 1;

const SALARY_MEDIAN = 320_000;
const SALARY_SPREAD = 0.28;
/** One in so many spends more than comes in: their payments bounce at the end of the month. */
const TIGHT_EVERY = 9;
const PAYDAYS = [1, 25, 28] as const;
/** What an employer begins with, in tenths of a month's salaries. */
const MONTHS_OF_PAYROLL_TENTHS = 12n;

const slug = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');

/** Chance is of real numbers; from here on an amount is exact. */
const toTens = (minor: number): bigint => BigInt(Math.round(minor / 1_000)) * 1_000n;

function namesOf(random: Random, count: number): string[] {
  const names = new Set<string>();
  for (let number = 2; names.size < count; number++) {
    const name = `${random.pick(FIRST_NAMES)} ${random.pick(FAMILY_NAMES)}`;
    // A town larger than its stock of names has people of one name, told apart by a number.
    names.add(names.has(name) ? `${name} ${number}` : name);
  }
  return [...names];
}

function customersOf(random: Random, count: number, employers: readonly Employer[], landlords: readonly Party[]): Customer[] {
  return namesOf(random, count).map((name, index) => {
    const isTight = index % TIGHT_EVERY === TIGHT_EVERY - 1;
    const salary = toTens(SALARY_MEDIAN * Math.exp(SALARY_SPREAD * random.normal()));
    const income = Number(salary);
    return {
      id: slug(name),
      name,
      ownerId: `customer-${String(index + 1).padStart(4, '0')}`,
      kind: 'customer',
      employer: random.pick(employers),
      landlord: random.pick(landlords),
      salary,
      rent: toTens(income * ((isTight ? 0.3 : 0.24) + 0.1 * random.real())),
      rentDay: random.whole(1, 3),
      // Who earns more spends more.
      appetite: ((isTight ? 1.05 : 0.7) + 0.3 * random.real()) * (income / SALARY_MEDIAN),
      card: String(random.whole(1_000, 9_999)),
      opening: toTens(income * (isTight ? 0.25 : 0.6 + random.real())),
    };
  });
}

/** Who lives and trades in the town of a seed. */
export function townOf(seed: number, customerCount: number): Town {
  const random = new Random(seed, TOWN_STREAM);
  const party = (kind: Party['kind'], name: string, index: number): Party => ({
    id: slug(name),
    name,
    ownerId: `${kind}-${String(index + 1).padStart(2, '0')}`,
    kind,
    opening: 0n,
  });
  const employers = EMPLOYERS.map((name, index) => ({ ...party('employer', name, index), payday: random.pick(PAYDAYS) }));
  const landlords = LANDLORDS.map((name, index) => party('landlord', name, index));
  const merchants = MERCHANTS.map(({ name, trade }, index) => ({ ...party('merchant', name, index), trade }));
  const customers = customersOf(random, customerCount, employers, landlords);
  for (const employer of employers) {
    const payroll = customers.filter((customer) => customer.employer === employer).reduce((sum, { salary }) => sum + salary, 0n);
    employer.opening = (payroll * MONTHS_OF_PAYROLL_TENTHS) / 10n;
  }
  return { customers, employers, merchants, landlords, utility: party('utility', UTILITY, 0) };
}

export const partiesOf = ({ customers, employers, merchants, landlords, utility }: Town): Party[] => [
  ...employers,
  ...merchants,
  ...landlords,
  utility,
  ...customers,
];
