import type { DashboardAnswer } from '../dashboard/answer.ts';
import { withUnit } from '../dashboard/units.ts';

/** The numbers in words: for those who have neither browser nor `--json`. */
export function printDashboard({ answers, range }: DashboardAnswer): string {
  return answers
    .map(({ question, numbers, series, title, unit }) => {
      const last = series.map(
        ({ name, values }) =>
          `  ${name}: ${withUnit(values.findLast((value) => value !== null) ?? null, unit)}`,
      );
      return [
        question,
        ...numbers.map((number) => `  ${number.title}: ${withUnit(number.value, number.unit)}`),
        ...(last.length === 0
          ? [`  ${title}: nothing within ${range}`]
          : [`  ${title}, now:`, ...last.map((line) => `  ${line}`)]),
      ].join('\n');
    })
    .join('\n');
}
