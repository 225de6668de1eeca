/** Of the field and of the button that stands in its place, so that nothing moves. */
export const LEDGER_WIDTH = { base: 130, sm: 200 };
