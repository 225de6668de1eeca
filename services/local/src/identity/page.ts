/** A page in the provider's plain look. */
export const htmlPage = (title: string, content: string): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>LedgerFlow: ${title}</title><meta name="viewport" content="width=device-width">
<style>body{font:16px system-ui;max-width:20rem;margin:15vh auto;padding:0 1rem}label,input,button{display:block;width:100%;box-sizing:border-box;font:inherit}input,button{margin:.3rem 0 1rem;padding:.5rem}[role=alert]{color:#b00020}</style></head>
<body><main><h1>LedgerFlow</h1>${content}</main></body></html>
`;
