import { Random } from '../driver/index.ts';
import { type Trade, TRADES } from './places.ts';
import { type Customer, FIRST_DAY_STREAM, type Merchant, type Party, type Town } from './town.ts';

export type EventKind = 'opening' | 'revenue' | 'salary' | 'rent' | 'utilities' | 'card' | 'refund' | 'payout';

/** Something that happens in the town. Amounts in minor units, times in milliseconds since 1970 (UTC). */
export interface TownEvent {
  /** Unique in the town, and the same whenever the town of this seed is made again. */
  id: string;
  kind: EventKind;
  timeMs: number;
  /** Null: from outside the ledger. */
  from: string | null;
  /** Null: to outside the ledger. */
  to: string | null;
  amount: bigint;
  reference: string;
  description: string;
  metadata: Record<string, string>;
  /** The event without which this one does not happen: a payment that bounced is not given back. */
  after: string | null;
}

export const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const DAYS_OF_WEEK = 7;
const MONDAY = 1;
const UTILITIES_DAY = 15;
const LANDLORD_PAYOUT_DAY = 5;
const REFUND_DAYS_MAX = 6;
/** Of what came in, in percent; the rest stays for refunds. */
const PAYOUT_PERCENT = 85n;
/** Payouts are of whole units of the currency, in minor units. */
const PAYOUT_STEP = 100n;
const HOURS = { opening: 0.1, revenue: 5, salary: 6.5, rent: 8, utilities: 9, payout: 22, refund: 10 } as const;

const pad = (value: number, digits = 2): string => String(value).padStart(digits, '0');
const dateText = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
const monthText = (ms: number): string => new Date(ms).toLocaleString('en', { month: 'long', year: 'numeric', timeZone: 'UTC' });

const sumOf = (amounts: readonly bigint[]): bigint => amounts.reduce((sum, amount) => sum + amount, 0n);

/** Chance is of real numbers; from here on an amount is exact. */
function amountOf(random: Random, { median, spread, step }: Trade): bigint {
  const amount = spread === 0 ? median : median * Math.exp(spread * random.normal());
  return BigInt(Math.max(step, Math.round(amount / step) * step));
}

function hourOf(random: Random, { peaks }: Trade): number {
  const peak = peaks[random.weighted(peaks.map(({ weight }) => weight))] as Trade['peaks'][number];
  return Math.min(23.9, Math.max(5, peak.hour + peak.spread * random.normal()));
}

/** What happens in a town, day by day. A day depends on the seed and its number alone, so days can be made in any order and again. */
export class TownDays {
  private readonly town: Town;
  private readonly seed: number;
  private readonly firstDayMs: number;
  private readonly payments = new Map<number, TownEvent[]>();

  /** `firstDayMs` is the midnight (UTC) with which the town begins. */
  constructor(town: Town, seed: number, firstDayMs: number) {
    this.town = town;
    this.seed = seed;
    this.firstDayMs = firstDayMs;
  }

  /** All of a day, in order of time. */
  eventsOf(day: number): TownEvent[] {
    const midnight = this.midnight(day);
    const date = new Date(midnight).getUTCDate();
    const events = [
      ...(day === 0 ? this.openings(midnight) : []),
      ...this.salaries(day, midnight, date),
      ...this.bills(day, midnight, date),
      ...this.paymentsOf(day),
      ...this.refundsOf(day),
      ...this.payouts(day, midnight, date),
    ];
    return events.toSorted((a, b) => a.timeMs - b.timeMs || (a.id < b.id ? -1 : 1));
  }

  midnight(day: number): number {
    return this.firstDayMs + day * DAY_MS;
  }

  private event(kind: EventKind, id: string, midnight: number, hour: number, rest: Partial<TownEvent> & { amount: bigint }): TownEvent {
    const timeMs = midnight + Math.floor(hour * HOUR_MS);
    return { id, kind, timeMs, from: null, to: null, reference: '', description: '', metadata: {}, after: null, ...rest };
  }

  private openings(midnight: number): TownEvent[] {
    const { customers, employers } = this.town;
    // A company for which nobody works begins with nothing, and no deposit can be of nothing.
    const funded = [...employers, ...customers].filter(({ opening }: Party) => opening > 0n);
    return funded.map(({ id, opening }: Party) =>
      this.event('opening', `opening-${id}`, midnight, HOURS.opening, {
        to: id,
        amount: opening,
        reference: 'Opening balance',
        description: 'Transferred from the former bank',
        metadata: { category: 'opening' },
      }),
    );
  }

  private salaries(day: number, midnight: number, date: number): TownEvent[] {
    const { customers, employers } = this.town;
    return employers
      .filter(({ payday }) => payday === date)
      .flatMap((employer) => {
        const staff = customers.filter((customer) => customer.employer === employer);
        if (staff.length === 0) return [];
        const month = monthText(midnight);
        const payroll = sumOf(staff.map(({ salary }) => salary));
        const revenue = this.event('revenue', `${day}-revenue-${employer.id}`, midnight, HOURS.revenue, {
          to: employer.id,
          amount: payroll,
          reference: `Receipts ${month}`,
          description: 'Customers of the company',
          metadata: { category: 'revenue' },
        });
        const paid = staff.map((customer, index) =>
          this.event('salary', `${day}-salary-${customer.id}`, midnight, HOURS.salary + index / HOUR_MS, {
            from: employer.id,
            to: customer.id,
            amount: customer.salary,
            reference: `Salary ${month}`,
            description: `${employer.name} to ${customer.name}`,
            metadata: { category: 'salary', month: dateText(midnight).slice(0, 7) },
          }),
        );
        return [revenue, ...paid];
      });
  }

  private bills(day: number, midnight: number, date: number): TownEvent[] {
    const { customers, utility } = this.town;
    const month = monthText(midnight);
    return customers.flatMap((customer, index) => {
      const bill = (kind: 'rent' | 'utilities', to: Party, amount: bigint, description: string): TownEvent =>
        this.event(kind, `${day}-${kind}-${customer.id}`, midnight, HOURS[kind] + (index * 1_000) / HOUR_MS, {
          from: customer.id,
          to: to.id,
          amount,
          reference: `${kind === 'rent' ? 'Rent' : 'Power and water'} ${month}`,
          description,
          metadata: { category: kind, contract: `${kind.slice(0, 1).toUpperCase()}-${pad(index + 1, 4)}` },
        });
      return [
        ...(date === customer.rentDay ? [bill('rent', customer.landlord, customer.rent, `Apartment of ${customer.name}`)] : []),
        ...(date === UTILITIES_DAY ? [bill('utilities', utility, 4_200n + (customer.rent % 7_000n), 'Monthly bill')] : []),
      ];
    });
  }

  /** Card payments; kept while refunds and payouts of the days after look back at them. */
  private paymentsOf(day: number): TownEvent[] {
    if (day < 0) return [];
    const kept = this.payments.get(day);
    if (kept !== undefined) return kept;
    const random = new Random(this.seed, FIRST_DAY_STREAM + day);
    const midnight = this.midnight(day);
    const weekday = new Date(midnight).getUTCDay() as 0 | 1 | 2 | 3 | 4 | 5 | 6;
    const payments: TownEvent[] = [];
    for (const customer of this.town.customers)
      for (const trade of Object.values<Trade>(TRADES)) {
        const wanted = trade.perDay * trade.week[weekday] * customer.appetite;
        const count = Math.floor(wanted) + (random.chance(wanted % 1) ? 1 : 0);
        const shops = this.town.merchants.filter((merchant) => TRADES[merchant.trade] === trade);
        for (let visit = 0; visit < count; visit++)
          payments.push(this.payment(random, `${day}-card-${payments.length}`, midnight, customer, random.pick(shops)));
      }
    this.payments.set(day, payments);
    this.payments.delete(day - REFUND_DAYS_MAX - DAYS_OF_WEEK - 1);
    return payments;
  }

  private payment(random: Random, id: string, midnight: number, customer: Customer, merchant: Merchant): TownEvent {
    const trade: Trade = TRADES[merchant.trade];
    return this.event('card', id, midnight, hourOf(random, trade), {
      from: customer.id,
      to: merchant.id,
      amount: amountOf(random, trade),
      reference: `CARD ${customer.card} ${merchant.name.toUpperCase()}`,
      description: `Card payment at ${merchant.name}`,
      metadata: { category: trade.category, card: `•••• ${customer.card}`, terminal: `T${pad(random.whole(1, 9))}` },
    });
  }

  private refundsOf(day: number): TownEvent[] {
    const midnight = this.midnight(day);
    return Array.from({ length: REFUND_DAYS_MAX }, (_, back) => day - back - 1).flatMap((earlier) => {
      const random = new Random(~this.seed >>> 0, FIRST_DAY_STREAM + Math.max(0, earlier));
      return this.paymentsOf(earlier).flatMap((payment) => {
        const merchant = this.town.merchants.find(({ id }) => id === payment.to) as Merchant;
        const [isReturned, days, isPart] = [
          random.chance(TRADES[merchant.trade].refunds),
          random.whole(1, REFUND_DAYS_MAX),
          random.chance(0.2),
        ];
        if (!isReturned || earlier + days !== day) return [];
        return this.event('refund', `refund-${payment.id}`, midnight, HOURS.refund + Number(payment.amount % 600n) / 100, {
          from: payment.to,
          to: payment.from,
          amount: isPart ? (payment.amount + 1n) / 2n : payment.amount,
          reference: `REFUND ${payment.reference}`,
          description: `${isPart ? 'Part of a purchase' : 'Purchase'} of ${dateText(payment.timeMs)} returned`,
          metadata: { category: 'refund', refundOf: payment.id },
          after: payment.id,
        });
      });
    });
  }

  /** Mondays the merchants, on the fifth the landlords and the utility take most of what came in to their own banks. */
  private payouts(day: number, midnight: number, date: number): TownEvent[] {
    const { merchants, landlords, utility, customers } = this.town;
    const payout = (party: Party, incoming: bigint, reference: string): TownEvent[] => {
      const amount = ((incoming * PAYOUT_PERCENT) / (100n * PAYOUT_STEP)) * PAYOUT_STEP;
      if (amount === 0n) return [];
      const metadata = { category: 'payout', bank: 'Harbour Savings Bank' };
      return [
        this.event('payout', `${day}-payout-${party.id}`, midnight, HOURS.payout, {
          from: party.id,
          amount,
          reference,
          metadata,
          description: 'To own bank',
        }),
      ];
    };
    const isMonday = new Date(midnight).getUTCDay() === MONDAY;
    const week = isMonday ? Array.from({ length: DAYS_OF_WEEK }, (_, back) => this.paymentsOf(day - back - 1)).flat() : [];
    const rentsSince = date === LANDLORD_PAYOUT_DAY && day >= LANDLORD_PAYOUT_DAY;
    return [
      ...merchants.flatMap((merchant) =>
        payout(
          merchant,
          sumOf(week.filter(({ to }) => to === merchant.id).map(({ amount }) => amount)),
          `Payout week to ${dateText(midnight)}`,
        ),
      ),
      ...(rentsSince ? landlords : []).flatMap((landlord) =>
        payout(
          landlord,
          sumOf(customers.filter((one) => one.landlord === landlord).map(({ rent }) => rent)),
          `Rents ${monthText(midnight)}`,
        ),
      ),
      ...(date === UTILITIES_DAY + 1 && day >= 1 ? payout(utility, 3_000n * BigInt(customers.length), `Bills ${monthText(midnight)}`) : []),
    ];
  }
}
