export const strings = {
  title: 'Overview',
} as const;
