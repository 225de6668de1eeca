/** Apart from the other strings: it is all that the navigation needs, and loads with every page. */
export const title = 'Move money';
