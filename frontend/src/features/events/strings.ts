export const strings = {
  title: 'Live events',
} as const;
