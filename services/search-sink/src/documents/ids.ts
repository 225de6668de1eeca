/** Ids have no slash, so a ledger's and an account's make one that is theirs alone. */
export const documentId = (ledger: string, id: string): string => `${ledger}/${id}`;
