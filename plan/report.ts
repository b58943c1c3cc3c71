import type { Finding, Judgement, Verdict } from './judge.ts';

/** A mistake that an environment file has in itself. */
export interface FileProblem {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

export interface LocatedFinding extends Finding {
  /** Where in the repository it comes from; absent: nobody knows. */
  readonly file?: string;
  readonly line?: number;
}

/** What `fleet check` says of one environment, or of one plan file. */
export interface EnvironmentReport {
  readonly name: string;
  /** The environment's file, or the plan's. */
  readonly file: string;
  readonly class: string;
  readonly verdict: Verdict;
  /** What was looked at: the file alone, the synthesized configuration, or the plan. */
  readonly judged: 'file' | 'synthesized' | 'plan';
  readonly problems: readonly FileProblem[];
  readonly findings: readonly LocatedFinding[];
  readonly suppressed: Judgement['suppressed'];
  /** Absent where there was no plan. */
  readonly summary?: Judgement['summary'];
  /** See plan/digest.ts; absent where there was no plan. */
  readonly digest?: string;
}

/** The whole answer, and what `--format json` prints. See docs/operations/fleet-check.schema.json. */
export interface CheckReport {
  readonly version: 1;
  readonly verdict: Verdict;
  readonly environments: readonly EnvironmentReport[];
}

const RANK: readonly Verdict[] = ['pass', 'warn', 'deny'];

export function reportOf(environments: readonly EnvironmentReport[]): CheckReport {
  const worst = Math.max(0, ...environments.map(({ verdict }) => RANK.indexOf(verdict)));
  return { version: 1, verdict: RANK[worst] ?? 'deny', environments };
}

/** 0 pass, 2 denied, 3 warnings alone where they are to fail. */
export function exitCodeOf({ verdict }: CheckReport, failOnWarnings: boolean): 0 | 2 | 3 {
  if (verdict === 'deny') return 2;
  return verdict === 'warn' && failOnWarnings ? 3 : 0;
}

/** `1 to replace, 2 to change` */
export function countsOf({ summary }: EnvironmentReport): string {
  if (summary === undefined) return '';
  const { counts } = summary;
  const parts = [
    [counts.delete, 'to destroy'],
    [counts.replace, 'to replace'],
    [counts.forget, 'to forget'],
    [counts.update, 'to change'],
    [counts.create, 'to create'],
    [counts.import, 'to import'],
    [counts.move, 'moved in the code'],
  ] as const;
  const said = parts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  return said.length === 0 ? 'no changes' : said.join(', ');
}

/** `2 denied, 1 warning` */
export function findingCounts({ findings, problems, suppressed }: EnvironmentReport): string {
  const denied = findings.filter(({ severity }) => severity === 'deny').length + problems.length;
  const warned = findings.length + problems.length - denied;
  const parts = [
    denied > 0 ? `${denied} denied` : '',
    warned > 0 ? `${warned} warning${warned === 1 ? '' : 's'}` : '',
    suppressed.length > 0 ? `${suppressed.length} suppressed` : '',
  ].filter((part) => part !== '');
  return parts.length === 0 ? 'nothing found' : parts.join(', ');
}

export function dollars(usd: number): string {
  return `$${usd.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
}
