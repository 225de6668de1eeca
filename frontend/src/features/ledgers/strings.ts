export const strings = {
  title: 'Ledgers',
} as const;
