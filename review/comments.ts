import type { LineComment, OwnComment } from './forge.ts';
import { SEVERITIES, type Settings, type Severity } from './settings.ts';
import type { Finding } from './stages/review.ts';
import { commentText } from './text/comment-text.ts';
import { inert, inertLine } from './text/markdown.ts';

const MARK = /<!-- fleet-review place=([0-9a-f]{16}) severity=(blocker|major|minor|nit) -->/;

export interface Chosen {
  readonly said: Finding[];
  /** One for each line. */
  readonly comments: LineComment[];
  /** Findings in them. */
  readonly findings: number;
  /** How many of each severity. */
  readonly severities: Readonly<Partial<Record<Severity, number>>>;
  readonly duplicates: number;
  /** Findings that are below the settings' severity, or beyond their number. */
  readonly unsaid: number;
}

/**
 * What is said of the findings: none that a comment on the same line said before, unless it is graver by now; the
 * gravest first; one comment for each line.
 */
export function chooseComments(
  findings: readonly Finding[],
  own: readonly OwnComment[],
  renamed: ReadonlyMap<string, string>,
  { severity: least, comments: most }: Settings['review'],
): Chosen {
  const said = saidBefore(own, renamed);
  const isNew = ({ path, place, severity }: Finding) => rank(severity) < (said.get(keyOf(path, place)) ?? 99);
  const news = findings.filter(isNew);
  const worth = news.filter(({ severity }) => rank(severity) <= rank(least));
  const lines = byLine(worth)
    .map((group) => group.toSorted((a, b) => rank(a.severity) - rank(b.severity)))
    .toSorted((a, b) => rank(a[0]?.severity ?? 'nit') - rank(b[0]?.severity ?? 'nit'))
    .slice(0, most);
  const chosen = lines.flat();
  const severities: Partial<Record<Severity, number>> = {};
  for (const { severity } of chosen) severities[severity] = (severities[severity] ?? 0) + 1;
  return {
    said: chosen,
    comments: lines.map(commentOf),
    ...{ findings: chosen.length, severities },
    duplicates: findings.length - news.length,
    unsaid: news.length - chosen.length,
  };
}

function commentOf(group: readonly Finding[]): LineComment {
  const [{ path, line, side, place, severity }] = group as readonly [Finding, ...Finding[]];
  const texts = group.map(
    (finding) =>
      `**${finding.severity} · ${finding.category}** ${inertLine(finding.title)}\n\n${inert(finding.explanation)}`,
  );
  const mark = `<!-- fleet-review place=${place} severity=${severity} -->`;
  return { path, line, side, body: commentText({ first: [], middle: texts, last: [mark] }) };
}

function byLine(findings: readonly Finding[]): Finding[][] {
  const groups = new Map<string, Finding[]>();
  for (const finding of findings) {
    const key = `${finding.side} ${finding.line} ${finding.path}`;
    groups.set(key, [...(groups.get(key) ?? []), finding]);
  }
  return [...groups.values()];
}

/** Where something was said → how grave it was. */
function saidBefore(
  own: readonly OwnComment[],
  renamed: ReadonlyMap<string, string>,
): ReadonlyMap<string, number> {
  const said = new Map<string, number>();
  for (const { path, body } of own) {
    const [, place = '', severity = ''] = MARK.exec(body) ?? [];
    if (place === '') continue;
    for (const name of [path, renamed.get(path) ?? path]) {
      const key = keyOf(name, place);
      said.set(key, Math.min(said.get(key) ?? 99, rank(severity as Severity)));
    }
  }
  return said;
}

function keyOf(path: string, place: string): string {
  return `${place} ${path}`;
}

function rank(severity: Severity): number {
  return SEVERITIES.indexOf(severity);
}
