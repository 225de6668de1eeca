export const strings = {
  title: 'Accounts',
} as const;
