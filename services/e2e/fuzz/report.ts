/** What is used of the JSON report of schemathesis 4. */
export interface SchemathesisReport {
  complete: boolean;
  stop_reason: string;
  operations: { selected: number; tested: number } | null;
  test_cases: { generated: number; with_failures: number; unique_failures: number; errored: number };
  errors: { title: string; count: number }[];
}

/** operationId → status → how many answers had it; what hooks.py counts. */
export type StatusesSeen = Readonly<Record<string, Readonly<Record<string, number>>>>;

const isSuccess = (status: string): boolean => status.startsWith('2');

/** A line an operation, with its statuses. */
export function showStatuses(statuses: StatusesSeen): string {
  const width = Math.max(0, ...Object.keys(statuses).map(({ length }) => length));
  return Object.entries(statuses)
    .map(([operation, counts]) => {
      const seen = Object.entries(counts).map(([status, count]) => `${status} × ${count}`);
      return `${operation.padEnd(width)}  ${seen.join(', ')}\n`;
    })
    .join('');
}

/** One line for a person, and whether the run stands for anything: all of it ran, every operation succeeded once (said, but no fault, of a run that was made short), and nothing was found. */
export function conclude(
  report: SchemathesisReport,
  statuses: StatusesSeen,
  { isShort }: { isShort: boolean },
): { ok: boolean; line: string } {
  const { test_cases: cases, operations, errors } = report;
  const tested = operations?.tested ?? 0;
  const selected = operations?.selected ?? 0;
  const unsuccessful = Object.keys(statuses).filter((operation) => !Object.keys(statuses[operation] ?? {}).some(isSuccess));
  const faults = [
    ...(report.complete ? [] : [`not complete (${report.stop_reason})`]),
    ...(selected === 0 ? ['nothing was selected'] : []),
    ...(cases.generated === 0 ? ['nothing was sent'] : []),
    ...(tested < selected ? [`${selected - tested} operations not reached`] : []),
    ...(cases.errored > 0 ? [`${cases.errored} not sent`] : []),
    ...errors.map(({ title, count }) => `${count} × ${title}`),
  ];
  const rare = unsuccessful.length > 0 ? [`never answered 2xx: ${unsuccessful.join(', ')}`] : [];
  if (!isShort) faults.push(...rare);
  const remarks = isShort ? [...faults, ...rare] : faults;
  const failures = `${cases.with_failures} with failures (${cases.unique_failures} different)`;
  const line = `${cases.generated} cases on ${tested} of ${selected} operations, ${failures}${remarks.length === 0 ? '' : `; ${remarks.join(', ')}`}`;
  return { ok: faults.length === 0 && cases.with_failures === 0 && cases.unique_failures === 0, line };
}
