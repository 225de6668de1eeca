/** Known types of records and of their events, to choose from; a later gateway may have more, which can be typed. */
export const TYPES: readonly string[] = [
  'FundsDeposited',
  'FundsWithdrawn',
  'FundsTransferred',
  'TransactionPosted',
  'BatchPosted',
  'EntryPosted',
  'AccountOpened',
  'AccountUpdated',
  'LimitsChanged',
  'MetadataChanged',
  'AccountFrozen',
  'AccountUnfrozen',
  'AccountClosed',
  'LedgerOpened',
  'CurrencyAdded',
];
