/** What is used of the JSON report of schemathesis 4. */
export interface SchemathesisReport {
  complete: boolean;
  stop_reason: string;
  operations: { selected: number; tested: number } | null;
  test_cases: { generated: number; with_failures: number; unique_failures: number; errored: number };
  errors: { title: string; count: number }[];
}

/** One line for a person, and whether the run stands for anything: all of it ran, and nothing was found. */
export function conclude(report: SchemathesisReport): { ok: boolean; line: string } {
  const { test_cases: cases, operations, errors } = report;
  const tested = operations?.tested ?? 0;
  const selected = operations?.selected ?? 0;
  const faults = [
    ...(report.complete ? [] : [`not complete (${report.stop_reason})`]),
    ...(selected === 0 ? ['nothing was selected'] : []),
    ...(cases.generated === 0 ? ['nothing was sent'] : []),
    ...(tested < selected ? [`${selected - tested} operations not reached`] : []),
    ...(cases.errored > 0 ? [`${cases.errored} not sent`] : []),
    ...errors.map(({ title, count }) => `${count} × ${title}`),
  ];
  const failures = `${cases.with_failures} with failures (${cases.unique_failures} different)`;
  const line = `${cases.generated} cases on ${tested} of ${selected} operations, ${failures}${faults.length === 0 ? '' : `; ${faults.join(', ')}`}`;
  return { ok: faults.length === 0 && cases.with_failures === 0 && cases.unique_failures === 0, line };
}
