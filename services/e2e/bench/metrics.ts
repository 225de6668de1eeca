/** Sum of the samples of one series of a Prometheus page, whatever their labels; null when there is none or the page cannot be had. */
export async function scrape(opsUrl: string, names: readonly string[]): Promise<Record<string, number | null>> {
  let text = '';
  try {
    text = await (await fetch(`${opsUrl}/metrics`, { signal: AbortSignal.timeout(5_000) })).text();
  } catch {
    // Told as null.
  }
  return Object.fromEntries(
    names.map((name) => {
      const values = [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'))].map((match) => Number(match[1]));
      return [name, values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0)];
    }),
  );
}
