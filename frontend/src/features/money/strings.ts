export const strings = {
  title: 'Move money',
} as const;
