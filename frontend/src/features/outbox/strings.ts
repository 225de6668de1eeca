export const strings = {
  title: 'Outbox',
} as const;
