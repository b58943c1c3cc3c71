import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Environment } from '../../contracts/environment.ts';
import { lineOf } from '../../contracts/line-of.ts';
import { EnvironmentError, formatProblem } from '../../contracts/problem.ts';
import { digestOf } from '../../plan/digest.ts';
import { judge, type Question } from '../../plan/judge.ts';
import { machinePrice } from '../../plan/of-catalogue.ts';
import { pathOf, sharingState, surroundingsOf } from '../../plan/of-environment.ts';
import { type Plan, PlanError, readPlan } from '../../plan/plan-json.ts';
import { type CheckReport, type EnvironmentReport, reportOf } from '../../plan/report.ts';
import type { Class, OpenRollout } from '../../plan/surroundings.ts';
import { readSynthesized } from '../../plan/synthesized.ts';
import { asOpenRollout, findOpenRollouts } from '../canary/rollout-guard.ts';
import { synthesize } from '../checks/synthesize.ts';
import { terraformPlan } from '../checks/terraform-plan.ts';
import { CloudError } from '../clouds/cloud.ts';
import type { Context } from '../context.ts';
import { Failure, UsageError } from '../errors.ts';
import { environmentFile, environmentNames, readEnvironment } from '../project.ts';

export interface CheckFlags {
  /** A plan that somebody else made, as `terraform show -json` prints it. */
  readonly plan?: string;
  /** Parse the file, and no more. */
  readonly fileOnly: boolean;
  /** Synthesize, and do not plan. */
  readonly synthOnly: boolean;
  /** What a plan without an environment is judged as. */
  readonly class: Class;
  /** Judge as if open rollouts had been taken over. */
  readonly takeOver?: boolean;
}

/**
 * Parses, synthesizes, plans and judges environments; without names all of the project.
 * @throws UsageError, Failure when Terraform or the program fails
 */
export async function check(
  names: readonly string[],
  flags: CheckFlags,
  context: Context,
): Promise<CheckReport> {
  if (flags.plan !== undefined) return reportOf([checkPlanFile(flags.plan, names, flags, context)]);
  const wanted = names.length > 0 ? names : environmentNames(context.project);
  if (wanted.length === 0)
    throw new UsageError('there are no files environments/*.yaml; `fleet init local` writes one');
  const reports: EnvironmentReport[] = [];
  for (const name of wanted) reports.push(await checkEnvironment(name, flags, context));
  return reportOf(reports);
}

async function checkEnvironment(
  name: string,
  flags: CheckFlags,
  context: Context,
): Promise<EnvironmentReport> {
  const environment = parsed(name, context);
  if (!('models' in environment)) return environment;
  if (flags.fileOnly) return { ...EMPTY, name, file: environmentFile(name), class: environment.class };
  context.progress(`${name}: synthesizing`);
  const { folder, json } = await synthesize(name, context);
  const synthesized = readSynthesized(json);
  const plan = flags.synthOnly ? undefined : readPlan(await terraformPlan(folder, context));
  const open = flags.synthOnly || flags.takeOver ? [] : await openRolloutsOf(environment, context);
  return judged(environment, { plan, synthesized }, context, open);
}

/** The records of a cloud lie in its bucket, which a first deploy makes and not everybody may read. */
async function openRolloutsOf(environment: Environment, context: Context): Promise<readonly OpenRollout[]> {
  try {
    return (await findOpenRollouts(environment, context)).open.map(asOpenRollout);
  } catch (error) {
    if (!(error instanceof CloudError)) throw error;
    context.progress(`${environment.name}: whether a rollout is open is not known: ${error.message}`);
    return [];
  }
}

const EMPTY = { verdict: 'pass', judged: 'file', problems: [], findings: [], suppressed: [] } as const;

/** The environment, or the report of a file that has mistakes. */
function parsed(name: string, { project }: Context): Environment | EnvironmentReport {
  try {
    return readEnvironment(project, name);
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    const problems = error.problems.map((problem) => ({
      file: problem.file,
      line: problem.line,
      message: formatProblem(problem),
    }));
    return { ...EMPTY, name, file: environmentFile(name), class: 'unknown', verdict: 'deny', problems };
  }
}

/** The other environments of the project, without those that have mistakes: they are judged by themselves. */
function otherEnvironments(name: string, { project }: Context): Environment[] {
  return environmentNames(project)
    .filter((other) => other !== name)
    .flatMap((other) => {
      try {
        return [readEnvironment(project, other)];
      } catch (error) {
        if (error instanceof EnvironmentError) return [];
        throw error;
      }
    });
}

function judged(
  environment: Environment,
  { plan, synthesized }: Pick<Question, 'plan' | 'synthesized'>,
  context: Context,
  openRollouts: readonly OpenRollout[] = [],
): EnvironmentReport {
  const { name, checks } = environment;
  const { verdict, findings, suppressed, summary } = judge({
    plan,
    synthesized,
    surroundings: {
      ...surroundingsOf(environment, openRollouts),
      stateSharedWith: sharingState(environment, otherEnvironments(name, context)),
    },
    suppressions: checks.suppress,
    today: today(context),
  });
  const file = environmentFile(name);
  const text = readFileSync(join(context.project, file), 'utf8');
  return {
    name,
    file,
    class: environment.class,
    verdict,
    judged: plan === undefined ? 'synthesized' : 'plan',
    problems: [],
    findings: findings.map((finding) => {
      const path =
        finding.path ?? (finding.address === undefined ? [] : pathOf(environment, finding.address));
      return path.length === 0 ? finding : { ...finding, file, line: lineOf(text, path) };
    }),
    suppressed,
    ...(plan === undefined ? {} : { summary, digest: digestOf(plan) }),
  };
}

/** Judges a plan by itself, or as the plan of the one environment that is named. */
function checkPlanFile(
  path: string,
  names: readonly string[],
  flags: CheckFlags,
  context: Context,
): EnvironmentReport {
  const [name, ...more] = names;
  if (more.length > 0) throw new UsageError(`--plan is the plan of one environment, got ${names.join(', ')}`);
  const plan = readPlanFile(resolve(context.folder, path));
  if (name !== undefined) return judged(readEnvironment(context.project, name), { plan }, context);
  const { verdict, findings, suppressed, summary } = judge({
    plan,
    surroundings: { class: flags.class, price: machinePrice },
    today: today(context),
  });
  return {
    name: path,
    file: path,
    class: flags.class,
    verdict,
    judged: 'plan',
    problems: [],
    findings,
    suppressed,
    summary,
    digest: digestOf(plan),
  };
}

function readPlanFile(path: string): Plan {
  try {
    return readPlan(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    if (error instanceof PlanError) throw new Failure(`${path}: ${error.message}`);
    if (error instanceof SyntaxError)
      throw new Failure(
        `${path}: not JSON; a plan file is made readable with \`terraform show -json ${path}\``,
      );
    throw new UsageError(`--plan: ${path} cannot be read`);
  }
}

function today({ now }: Context): string {
  return new Date(now()).toISOString().slice(0, 10);
}
