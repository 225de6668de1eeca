import { htmlPage } from './page.ts';

/** The pages of the device flow (RFC 8628), by which a command line is signed in at a browser of the same person. */

interface PageContext {
  body: string;
  type: string;
}

const page = (text: string, form = ''): string => htmlPage('a command line', `<p>${text}</p>${form}`);

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
