import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { judgeCase } from '../test/plan/support.ts';
import { type PlanCase, planCases, recordedPlan } from '../test/support/plans/corpus.ts';
import { PythonPackages } from '../test/support/python.ts';

const CHECKOV = 'checkov==3.3.30';

const run = promisify(execFile);

/** What a tool says of one case: the rules that it would stop it with. */
interface Line {
  readonly plan: PlanCase;
  readonly ours: readonly string[];
  readonly theirs: readonly string[];
}

/**
 * The corpus side by side with checkov, which gets the same recorded plans. A finding of checkov counts if the plan of the
 * unchanged base does not have it: it has an opinion on almost every resource, also on those that a change does not touch.
 */
export async function checkovComparison(): Promise<string> {
  const found = await checkovFindings();
  const linesOf = (file: string): Line[] =>
    planCases(file).map((plan) => {
      const standing = found.get(`${plan.base}-unchanged`) ?? new Set();
      const theirs = [...(found.get(plan.name) ?? [])].filter((finding) => !standing.has(finding));
      const denied = judgeCase(plan).findings.filter(({ severity }) => severity === 'deny');
      return {
        plan,
        ours: [...new Set(denied.map(({ rule }) => rule))],
        theirs: [...new Set(theirs.map((finding) => finding.split(' ')[0] ?? ''))],
      };
    });
  const dangerous = linesOf('dangerous');
  const harmless = linesOf('harmless');
  const counted = (lines: readonly Line[], tool: 'ours' | 'theirs') =>
    lines.filter((line) => line[tool].length > 0).length;
  return [
    `${CHECKOV}, framework terraform_plan; trivy cannot be had from a package registry.`,
    '',
    `mistakes denied:        fleet check ${counted(dangerous, 'ours')} of ${dangerous.length}, checkov ${counted(dangerous, 'theirs')} of ${dangerous.length}`,
    `harmless changes denied: fleet check ${counted(harmless, 'ours')} of ${harmless.length}, checkov ${counted(harmless, 'theirs')} of ${harmless.length}`,
    `findings of checkov on the unchanged bases, not counted: ${['aws-nodes', 'aws-access', 'aws-data', 'google-nodes', 'google-front', 'docker'].map((base) => `${base} ${found.get(`${base}-unchanged`)?.size ?? 0}`).join(', ')}`,
    '',
    'mistakes: what each says',
    ...dangerous.map(shown),
    '',
    'harmless changes: what each says',
    ...harmless.map(shown),
  ].join('\n');
}

function shown({ plan, ours, theirs }: Line): string {
  return `${plan.name.padEnd(45)} ${(ours.join(' ') || '-').padEnd(45)} ${theirs.join(' ') || '-'}`;
}

/** Failed checks and their resources, by the name of the plan. */
async function checkovFindings(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const folder = mkdtempSync(join(tmpdir(), 'fleet-checkov-'));
  const packages = new PythonPackages();
  try {
    await packages.install(CHECKOV);
    const plans = join(folder, 'plans');
    mkdirSync(plans);
    for (const plan of ['dangerous', 'harmless', 'kinds'].flatMap(planCases))
      writeFileSync(join(plans, `${plan.name}.json`), JSON.stringify(recordedPlan(plan)));
    const { stdout } = await run(
      packages.program('checkov'),
      [
        '--directory',
        plans,
        '--framework',
        'terraform_plan',
        '--output',
        'json',
        '--compact',
        '--soft-fail',
        '--skip-download',
        '--quiet',
      ],
      { maxBuffer: 1e9, env: { ...process.env, LOG_LEVEL: 'ERROR' } },
    );
    const { results } = JSON.parse(stdout) as {
      readonly results: {
        readonly failed_checks: readonly {
          readonly check_id: string;
          readonly resource: string;
          readonly file_path: string;
        }[];
      };
    };
    const found = new Map<string, Set<string>>();
    for (const { check_id: check, resource, file_path: path } of results.failed_checks) {
      const name = basename(path, '.json');
      found.set(name, (found.get(name) ?? new Set()).add(`${check} ${resource}`));
    }
    return found;
  } finally {
    packages.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}
