export const strings = {
  title: 'Projections',
} as const;
