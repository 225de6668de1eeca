export const strings = {
  title: 'Dead letters',
} as const;
