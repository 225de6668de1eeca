const TOKEN = /"(?:[^"\\]|\\.)*"|[[\]{},:]|[^\s[\]{},:"]+/g;
const STEP = '  ';

/** JSON text on lines of its own; null for what is no JSON. Its tokens stay as they are: numbers longer than JavaScript's, names that stand twice. */
export function indentJson(text: string): string | null {
  try {
    JSON.parse(text);
  } catch {
    return null;
  }
  const tokens = text.match(TOKEN) ?? [];
  let depth = 0;
  let out = '';
  const line = (): string => `\n${STEP.repeat(depth)}`;
  for (const [index, token] of tokens.entries()) {
    const before = tokens[index - 1];
    if (token === '}' || token === ']') {
      depth -= 1;
      const isEmpty = before === '{' || before === '[';
      out += isEmpty ? token : `${line()}${token}`;
      continue;
    }
    if (before === '{' || before === '[') out += line();
    if (token === '{' || token === '[') depth += 1;
    if (token === ',') out += `,${line()}`;
    else if (token === ':') out += ': ';
    else out += token;
  }
  return out;
}
