export const strings = {
  title: 'Trial balance',
} as const;
