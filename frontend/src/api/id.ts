/** What the API takes as an id; "." and ".." would be steps in a path. */
const ID = /^(?!\.{1,2}$)[A-Za-z0-9_.:@-]{1,128}$/;

export const isId = (text: string): boolean => ID.test(text);
