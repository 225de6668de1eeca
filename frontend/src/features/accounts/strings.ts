export const strings = {
  title: 'Accounts',
  picker: {
    placeholder: 'Name, owner or id',
    searching: 'Searching…',
    none: 'No account has these words',
    noneAtAll: 'There is no account to choose',
    more: 'There are more: add a word',
    failed: (why: string) => `The search failed: ${why}`,
    owner: (id: string) => `owner ${id}`,
  },
  statuses: { open: 'Open', frozen: 'Frozen', closed: 'Closed' } as Readonly<Record<string, string>>,
  scopes: { all: 'all', debits: 'debits' } as Readonly<Record<string, string>>,
  frozenFor: (scope: string) => `Frozen: ${scope}`,
} as const;
