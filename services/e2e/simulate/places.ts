/** When people come, how often, and what they pay. */
export interface Trade {
  category: string;
  /** Payments a customer makes there on an average day, in all shops of the trade. */
  perDay: number;
  /** From Sunday to Saturday, compared to the average. */
  week: readonly [number, number, number, number, number, number, number];
  /** Hours of the day around which people come, with the share and the spread of each. */
  peaks: readonly { hour: number; spread: number; weight: number }[];
  /** Minor units: the middle amount, and the spread of its logarithm (0: always the same). */
  median: number;
  spread: number;
  /** Amounts are multiples of it. */
  step: number;
  /** Share of payments that are given back days later. */
  refunds: number;
}

const EVERY_DAY = [1, 1, 1, 1, 1, 1, 1] as const;
const WORKDAYS = [0.1, 1.3, 1.3, 1.3, 1.3, 1.3, 0.4] as const;
const WEEKEND = [1.5, 0.5, 0.5, 0.6, 0.9, 1.4, 1.6] as const;
const CLOSED_ON_SUNDAY = [0, 1.1, 1, 1, 1.1, 1.3, 1.5] as const;

export const TRADES = {
  groceries: {
    category: 'groceries',
    perDay: 0.55,
    week: CLOSED_ON_SUNDAY,
    peaks: [
      { hour: 11, spread: 1.5, weight: 1 },
      { hour: 17.7, spread: 1.2, weight: 2 },
    ],
    median: 2_850,
    spread: 0.6,
    step: 1,
    refunds: 0.004,
  },
  bakery: {
    category: 'bakery',
    perDay: 0.4,
    week: [1.3, 0.9, 0.9, 0.9, 0.9, 1, 1.4],
    peaks: [{ hour: 8, spread: 1, weight: 1 }],
    median: 620,
    spread: 0.4,
    step: 5,
    refunds: 0,
  },
  coffee: {
    category: 'coffee',
    perDay: 0.35,
    week: WORKDAYS,
    peaks: [
      { hour: 9, spread: 0.8, weight: 2 },
      { hour: 14.5, spread: 1, weight: 1 },
    ],
    median: 450,
    spread: 0.3,
    step: 10,
    refunds: 0,
  },
  restaurant: {
    category: 'restaurant',
    perDay: 0.3,
    week: WEEKEND,
    peaks: [
      { hour: 12.6, spread: 0.6, weight: 1 },
      { hour: 19.8, spread: 1, weight: 2 },
    ],
    median: 2_600,
    spread: 0.5,
    step: 10,
    refunds: 0.004,
  },
  transit: {
    category: 'transit',
    perDay: 0.35,
    week: WORKDAYS,
    peaks: [
      { hour: 7.8, spread: 0.6, weight: 1 },
      { hour: 17.2, spread: 0.8, weight: 1 },
    ],
    median: 290,
    spread: 0,
    step: 1,
    refunds: 0.01,
  },
  pharmacy: {
    category: 'pharmacy',
    perDay: 0.06,
    week: CLOSED_ON_SUNDAY,
    peaks: [{ hour: 15, spread: 2.5, weight: 1 }],
    median: 1_480,
    spread: 0.6,
    step: 1,
    refunds: 0.02,
  },
  fuel: {
    category: 'fuel',
    perDay: 0.08,
    week: EVERY_DAY,
    peaks: [{ hour: 18, spread: 2, weight: 1 }],
    median: 5_800,
    spread: 0.25,
    step: 1,
    refunds: 0,
  },
  fashion: {
    category: 'clothing',
    perDay: 0.07,
    week: CLOSED_ON_SUNDAY,
    peaks: [{ hour: 15.5, spread: 1.8, weight: 1 }],
    median: 6_490,
    spread: 0.6,
    step: 5,
    refunds: 0.14,
  },
  online: {
    category: 'online shopping',
    perDay: 0.16,
    week: EVERY_DAY,
    peaks: [{ hour: 20.8, spread: 1.4, weight: 1 }],
    median: 3_990,
    spread: 0.8,
    step: 1,
    refunds: 0.09,
  },
  cinema: {
    category: 'leisure',
    perDay: 0.06,
    week: WEEKEND,
    peaks: [{ hour: 19.5, spread: 0.9, weight: 1 }],
    median: 2_400,
    spread: 0.3,
    step: 50,
    refunds: 0.01,
  },
} as const satisfies Record<string, Trade>;

export type MerchantKind = keyof typeof TRADES;

export const MERCHANTS: readonly { name: string; trade: MerchantKind }[] = [
  { name: 'Harbour Market', trade: 'groceries' },
  { name: 'Green Basket', trade: 'groceries' },
  { name: 'Sunrise Bakery', trade: 'bakery' },
  { name: 'Mill Street Bread', trade: 'bakery' },
  { name: 'Corner Coffee', trade: 'coffee' },
  { name: 'Pier 7 Espresso', trade: 'coffee' },
  { name: 'Trattoria Lungomare', trade: 'restaurant' },
  { name: 'Golden Wok', trade: 'restaurant' },
  { name: 'Lighthouse Grill', trade: 'restaurant' },
  { name: 'Tram and Ferry', trade: 'transit' },
  { name: 'Old Town Pharmacy', trade: 'pharmacy' },
  { name: 'Coastal Fuel', trade: 'fuel' },
  { name: 'Needle and Thread', trade: 'fashion' },
  { name: 'Parcelbay', trade: 'online' },
  { name: 'Bookwave', trade: 'online' },
  { name: 'Odeon Cinema', trade: 'cinema' },
];

export const EMPLOYERS = ['Nordlicht Shipping', 'City Hospital', 'Brightwater Software', 'Hanley Foods', 'Town School Board'];
export const LANDLORDS = ['Harbour Homes', 'Linden Court Estates', 'Pinewood Housing Co-op'];
export const UTILITY = 'Municipal Power and Water';
