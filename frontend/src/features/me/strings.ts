export const strings = {
  title: 'Me',
} as const;
