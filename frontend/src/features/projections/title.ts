/** Apart from the other strings: the navigation needs it at once, the page's text comes with the page. */
export const title = 'Projections';
