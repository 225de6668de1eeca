export const strings = {
  title: 'Transactions',
} as const;
