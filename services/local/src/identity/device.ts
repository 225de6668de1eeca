/** The pages of the device flow (RFC 8628), by which a command line is signed in at a browser of the same person. */

interface PageContext {
  body: string;
  type: string;
}

const page = (text: string, form = ''): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>LedgerFlow: a command line</title><meta name="viewport" content="width=device-width">
<style>body{font:16px system-ui;max-width:20rem;margin:15vh auto;padding:0 1rem}input,button{display:block;width:100%;box-sizing:border-box;font:inherit;margin:.3rem 0 1rem;padding:.5rem}</style></head>
<body><h1>LedgerFlow</h1><p>${text}</p>${form}</body></html>
`;

function show(context: PageContext, body: string): void {
  context.type = 'html';
  context.body = body;
}

export const deviceFlow = {
  enabled: true,
  userCodeInputSource: (context: PageContext, form: string, _out: unknown, error: unknown) =>
    show(
      context,
      page(
        error === undefined ? 'Enter the code that the command line shows.' : 'That is not a code that waits for you.',
        `${form}<button type="submit" form="op.deviceInputForm">Continue</button>`,
      ),
    ),
  userCodeConfirmSource: (context: PageContext, form: string, _client: unknown, _device: unknown, userCode: string) =>
    show(
      context,
      page(
        `Does your command line show <b>${userCode}</b>? Then it may act for you.`,
        `${form}<button type="submit" form="op.deviceConfirmForm">It does</button>`,
      ),
    ),
  successSource: (context: PageContext) => show(context, page('The command line is signed in. You can close this page.')),
};
