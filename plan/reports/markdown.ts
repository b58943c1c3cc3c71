import { HOURS_PER_MONTH } from '../cost.ts';
import { countsOf, dollars, type EnvironmentReport, findingCounts, type LocatedFinding } from '../report.ts';
import { type ChangedResource, MARKS } from '../summary.ts';
import type { Shares } from '../traffic.ts';

/** GitHub refuses comments of more than 65,536 characters. */
export const LONGEST = 60_000;

/** The first line of the one comment per environment that is written over each time. */
export function marker(environment: string): string {
  return `<!-- fleet-check: ${environment} -->`;
}

const VERDICTS = { pass: '✅ pass', warn: '⚠️ warnings', deny: '⛔ denied' } as const;

/** The comment of one environment for a pull request; empty where there is nothing to say. */
export function markdownReport(report: EnvironmentReport): string {
  const { summary, findings, problems, suppressed, name, verdict } = report;
  if (isQuiet(report)) return '';
  const changes = countsOf(report);
  const head = [
    marker(name),
    ...(report.digest === undefined ? [] : [`<!-- fleet-digest: ${report.digest} -->`]),
    `### ${VERDICTS[verdict]} · \`${name}\` · ${findingCounts(report)}${changes === '' ? '' : ` · ${changes}`}`,
    ...(summary?.weightsOnly === true
      ? ['Only weights change: one object is updated in place, and nothing else.']
      : []),
    ...costLine(report),
  ];
  const sections = [
    section(
      'Mistakes in the file',
      problems.map(({ file, line, message }) => `- ${text(message)} (${code(`${file}:${line}`)})`),
      true,
    ),
    section('Denied', findings.filter(({ severity }) => severity === 'deny').map(findingLine), true),
    section('What goes', (summary?.changes ?? []).filter(goes).map(changeLine), true),
    traffic(summary?.traffic),
    section('Warnings', findings.filter(({ severity }) => severity === 'warn').map(findingLine), false),
    section(
      'Suppressed',
      suppressed.map(
        (finding) => `${findingLine(finding)} — ${text(finding.reason)}, until ${finding.expires}`,
      ),
      false,
    ),
    section('All changes', (summary?.changes ?? []).filter((change) => !goes(change)).map(changeLine), false),
    section(
      'Outputs that change',
      (summary?.outputs ?? []).map((output) => `- ${code(output)}`),
      false,
    ),
  ];
  return fitted(
    head,
    sections.filter((lines) => lines.length > 0),
  );
}

/** Nothing changes, and nothing is denied: a warning about what has been there all along is no news. */
function isQuiet({ summary, findings, problems, suppressed }: EnvironmentReport): boolean {
  if (summary === undefined) return findings.length + problems.length + suppressed.length === 0;
  return summary.empty && problems.length === 0 && findings.every(({ severity }) => severity === 'warn');
}

function goes({ action }: ChangedResource): boolean {
  return action === 'delete' || action === 'replace' || action === 'forget';
}

function changeLine({ address, action, reason, from }: ChangedResource): string {
  const why = reason === undefined ? '' : `: ${text(reason)}`;
  return `- ${MARKS[action]} ${code(address)}${from === undefined ? '' : `, was ${code(from)}`}${why}`;
}

function findingLine({ rule, address, message, fix, result, file, line }: LocatedFinding): string {
  const where = address === undefined ? '' : `${code(address)}: `;
  const place = file === undefined ? '' : ` (${code(line === undefined ? file : `${file}:${line}`)})`;
  return `- **${rule}** ${where}${text(message)}${result === 'unknown' ? ' _(unknown)_' : ''}${place}\n  ${text(fix)}`;
}

function costLine({ summary }: EnvironmentReport): string[] {
  if (
    summary === undefined ||
    (summary.cost.before === 0 && summary.cost.after === 0 && summary.cost.unpriced.length === 0)
  )
    return [];
  const { before, after, unpriced } = summary.cost;
  const month = (usd: number) => dollars(usd * HOURS_PER_MONTH);
  const rest = unpriced.length === 0 ? '' : `, and ${unpriced.length} of unknown price`;
  return [
    before === after
      ? `GPU machines: ${dollars(after)}/h, ${month(after)}/month${rest}`
      : `GPU machines: ${dollars(before)}/h → ${dollars(after)}/h, ${month(before)}/month → ${month(after)}/month${rest}`,
  ];
}

function traffic(shares: { readonly before?: Shares; readonly after?: Shares } | undefined): string[] {
  if (shares?.after === undefined || JSON.stringify(shares.before) === JSON.stringify(shares.after))
    return [];
  const { before = {}, after } = shares;
  const rows = [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((model) =>
    [...new Set([...Object.keys(before[model] ?? {}), ...Object.keys(after[model] ?? {})])].map((release) => {
      const share = after[model]?.[release];
      return `| ${code(model)} | ${code(release)} | ${share?.role ?? ''} | ${before[model]?.[release]?.weight ?? 0} % | ${share?.weight ?? 0} % |`;
    }),
  );
  return [
    '',
    '**Traffic**',
    '',
    '| model | release | role | before | after |',
    '|---|---|---|---:|---:|',
    ...rows,
  ];
}

function section(title: string, lines: readonly string[], open: boolean): string[] {
  if (lines.length === 0) return [];
  if (open) return ['', `**${title}**`, '', ...lines];
  return ['', `<details><summary>${title} (${lines.length})</summary>`, '', ...lines, '', '</details>'];
}

/** As many whole lines as there is room for, section by section, and how many were left out. */
function fitted(head: readonly string[], sections: readonly (readonly string[])[]): string {
  const room = LONGEST - 400;
  const lines = [...head];
  let length = lines.join('\n').length;
  let left = 0;
  for (const section of sections) {
    const foot = section.at(-1) === '</details>' ? '</details>' : undefined;
    let cut = false;
    for (const line of section) {
      if (!cut && length + line.length + 1 <= room) {
        lines.push(line);
        length += line.length + 1;
      } else {
        cut = true;
        left += line.startsWith('- ') || line.startsWith('| ') ? 1 : 0;
      }
    }
    if (cut && foot !== undefined && lines.at(-1) !== foot) lines.push('', foot);
  }
  if (left > 0) lines.push('', `_${left} lines more: see the JSON report of the run._`);
  return lines.join('\n');
}

/** Text that Markdown and GitHub leave as it is: no tags, no mentions, no table cells. */
function text(raw: string): string {
  return raw
    .replace(/[\r\n]+/g, ' ')
    .replace(/[&<>|*_`[\]@#]/g, (character) => `&#${character.charCodeAt(0)};`);
}

function code(raw: string): string {
  return `\`${raw.replace(/[`\r\n|]/g, '?')}\``;
}
