import { HOURS_PER_MONTH } from '../../plan/cost.ts';
import {
  type CheckReport,
  countsOf,
  dollars,
  type EnvironmentReport,
  findingCounts,
  type LocatedFinding,
} from '../../plan/report.ts';
import type { ChangedResource } from '../../plan/summary.ts';
import type { Paint } from './style.ts';

const COLOURS = { pass: 'green', warn: 'yellow', deny: 'red' } as const;
const WORDS = { pass: 'pass', warn: 'warnings', deny: 'denied' } as const;
const MOST_CHANGES = 20;

/** What goes first, then what was found, then the verdict; one paragraph per environment. */
export function printCheck({ environments }: CheckReport, paint: Paint): string {
  return environments.map((report) => environmentText(report, paint)).join('\n');
}

function environmentText(report: EnvironmentReport, paint: Paint): string {
  const { name, verdict, problems, findings, suppressed, summary } = report;
  const changes = summary?.changes ?? [];
  return [
    ...problems.map(({ message }) => message),
    ...changes.slice(0, MOST_CHANGES).map((change) => changeText(change, paint)),
    ...(changes.length > MOST_CHANGES ? [paint('dim', `  and ${changes.length - MOST_CHANGES} more`)] : []),
    ...findings.flatMap((finding) => findingText(finding, paint)),
    ...suppressed.map(({ rule, address, reason, expires }) =>
      paint('dim', `  suppressed until ${expires}: ${rule} ${address ?? 'plan'} (${reason})`),
    ),
    ...costText(report),
    `${name}: ${paint(COLOURS[verdict], WORDS[verdict])}, ${[findingCounts(report), countsOf(report)].filter((part) => part !== '').join(', ')}${looked(report)}`,
  ].join('\n');
}

function looked({ judged }: EnvironmentReport): string {
  return judged === 'plan'
    ? ''
    : judged === 'file'
      ? ' (the file alone)'
      : ' (the synthesized configuration, not a plan)';
}

const GOES = ['delete', 'replace', 'forget'];
const SIGNS: Readonly<Record<string, string>> = {
  delete: '-',
  replace: '-/+',
  forget: '~-',
  update: '~',
  create: '+',
  import: '<-',
  move: '->',
};

function changeText({ address, action, reason }: ChangedResource, paint: Paint): string {
  const line = `  ${(SIGNS[action] ?? action).padEnd(3)} ${address}${reason === undefined ? '' : `: ${reason}`}`;
  return GOES.includes(action) ? paint('red', line) : line;
}

function findingText(
  { rule, severity, result, address, message, fix, file, line }: LocatedFinding,
  paint: Paint,
): string[] {
  const place = file === undefined ? '' : paint('dim', ` (${file}:${line})`);
  const what = `${address === undefined ? '' : `${address}: `}${message}${result === 'unknown' ? ' (unknown)' : ''}`;
  return [
    `${paint(severity === 'deny' ? 'red' : 'yellow', severity === 'deny' ? 'denied' : 'warning')} ${paint('bold', rule)} ${what}${place}`,
    paint('dim', `  ${fix}`),
  ];
}

function costText({ summary }: EnvironmentReport): string[] {
  if (summary === undefined) return [];
  const { before, after } = summary.cost;
  if (before === 0 && after === 0) return [];
  return [
    `GPU machines: ${dollars(before)}/h → ${dollars(after)}/h (${dollars(after * HOURS_PER_MONTH)} a month)`,
  ];
}
