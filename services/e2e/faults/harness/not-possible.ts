/** What this machine cannot do; the row says so, and nothing is wrong with the product. */
export class NotPossibleError extends Error {
  override name = 'NotPossibleError';
}
