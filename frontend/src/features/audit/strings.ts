export const strings = {
  title: 'Audit',
} as const;
