import type { EnvironmentReport } from '../../plan/report.ts';
import { WEIGHTS_OBJECT } from '../../plan/summary.ts';
import { Failure } from '../errors.ts';
import { printCheck } from '../print/check.ts';
import { plain } from '../print/style.ts';

/** Rules about changes by hand. A rollout's steps are as large as its settings say, and judged by metrics. */
const OF_STEPS_BY_HAND = ['canary-step'];

/**
 * A rollout deploys on its own, at night too, so its plan may do one thing: give the object of the weights another text. A
 * plan that is empty is one that was applied before a crash.
 * @throws Failure that names what else the plan would do, or what denies it
 */
export function requireWeightsAlone(report: EnvironmentReport): void {
  const { name, summary, findings, problems } = report;
  if (summary === undefined) throw new Failure(`${name} was not planned`);
  const others = summary.changes.filter(
    ({ address, action }) => action !== 'update' || !WEIGHTS_OBJECT.test(address),
  );
  if (others.length > 0) {
    const lines = others.map(({ action, address }) => `  ${action} ${address}`);
    throw new Failure(
      `the plan of ${name} would do more than change weights; nothing was deployed. Take that back, or deploy it with \`fleet up ${name}\`; the rollout goes on with --resume:\n${lines.join('\n')}`,
    );
  }
  const denying = findings.filter(
    ({ rule, severity }) => severity === 'deny' && !OF_STEPS_BY_HAND.includes(rule),
  );
  if (denying.length + problems.length === 0) return;
  const denied = { ...report, findings: denying };
  throw new Failure(printCheck({ version: 1, verdict: 'deny', environments: [denied] }, plain));
}
