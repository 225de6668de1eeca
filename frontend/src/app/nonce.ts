/** What the gateway put into the page: the content security policy takes no style element without it. */
export const nonce = (): string => document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? '';

/** The name under which what lies below Mantine's dialogs (get-nonce, of react-remove-scroll) looks for it. */
export const tellStyleLibraries = (): void => void Object.assign(globalThis, { __webpack_nonce__: nonce() });
