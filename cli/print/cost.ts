import type { CostResult, CostRow } from '../commands/cost.ts';
import { type Paint, table } from './style.ts';

/** One line per group and one for all of them; below what is missing in the sums. */
export function printCost({ by, since, files, rows, total, brokenLines }: CostResult, paint: Paint): string {
  const period = since === undefined ? '' : ` since ${since}`;
  const head = [by, 'requests', 'input', 'cached input', 'output', 'USD', 'aborted', 'usage unknown'];
  const shown = [...rows, ...(rows.length > 1 ? [total] : [])].map(cells);
  return [
    rows.length === 0 ? `no requests${period}` : table(head, shown, paint),
    ...(files.length === 0 ? ['no ledger file has been written yet'] : []),
    ...(total.usageMissing === 0
      ? []
      : [paint('yellow', `${count(total.usageMissing, 'request')} with unknown usage: not in the sums`)]),
    ...(brokenLines === 0
      ? []
      : [paint('yellow', `${count(brokenLines, 'broken line')} in ${files.join(', ')}: not in the sums`)]),
  ].join('\n');
}

function cells(row: CostRow): string[] {
  const { group, requests, inputTokens, cachedInputTokens, outputTokens, usd, aborted, usageMissing } = row;
  const numbers = [requests, inputTokens, cachedInputTokens, outputTokens].map(String);
  return [group, ...numbers, usd, String(aborted), String(usageMissing)];
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
