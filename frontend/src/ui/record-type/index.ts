const WORDS: Readonly<Record<string, string>> = {
  FundsDeposited: 'Deposit',
  FundsWithdrawn: 'Withdrawal',
  FundsTransferred: 'Transfer',
  TransactionPosted: 'Transaction',
};

/** What a transaction of this type of record is to a person; a type that is not known is its own word. */
export const typeWord = (type: string): string => WORDS[type] ?? type;
