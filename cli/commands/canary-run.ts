import { type Release, releasesOfModel } from '../../contracts/release.ts';
import { isOpen, type RolloutRecord } from '../../contracts/rollout.ts';
import { FIRST_SALT } from '../../contracts/split.ts';
import { openRollout } from '../../rollout/step.ts';
import { weightsAt } from '../../rollout/weights.ts';
import { driveRollout, operator } from '../canary/drive-rollout.ts';
import { requireModel } from '../canary/model.ts';
import { openRouters } from '../canary/open-routers.ts';
import { refuseWithoutCapacity } from '../canary/refusals.ts';
import { type RolloutFlags, rolloutSettings } from '../canary/rollout-flags.ts';
import { findOpenRollouts, refuseOpen } from '../canary/rollout-guard.ts';
import { planRollout, type RolloutPlan } from '../canary/rollout-plan.ts';
import { versionOfDocument } from '../canary/routers.ts';
import { samplerOf } from '../canary/sampler.ts';
import { sharesOfDocument } from '../canary/shares-of-document.ts';
import type { Context } from '../context.ts';
import { Failure, UsageError } from '../errors.ts';
import { printRolloutPlan } from '../print/canary-plan.ts';
import { plain } from '../print/style.ts';
import { readEnvironment } from '../project.ts';

export interface RunFlags extends RolloutFlags {
  readonly dryRun: boolean;
  readonly resume: boolean;
  readonly approve: boolean;
  readonly retry: boolean;
  /** Seconds that a rollout may be left alone before whoever finds it rolls it back. */
  readonly expires: number;
  readonly commit: boolean;
}

export interface RunResult {
  readonly environment: string;
  readonly model: string;
  /** Absent: nothing was begun, or it was resumed. */
  readonly plan?: RolloutPlan;
  /** Absent with --dry-run. */
  readonly record?: RolloutRecord;
}

/**
 * Takes a canary through its steps, each judged, until it is promoted or rolled back; or goes on with what is open.
 * @throws UsageError, EnvironmentError, Failure, Interrupted
 */
export async function canaryRun(
  name: string,
  model: string,
  flags: RunFlags,
  context: Context,
): Promise<RunResult> {
  const environment = readEnvironment(context.project, name);
  requireModel(environment, model);
  const { rollouts, open } = await findOpenRollouts(environment, context);
  const shared = { environment, rollouts, expirySeconds: flags.expires, commit: flags.commit };
  const now = () => context.now() / 1000;
  if (flags.resume) {
    const record = open.find((candidate) => candidate.model === model);
    if (record === undefined) throw new Failure(`no rollout of ${model} is open in ${name}`);
    const decision = flags.approve ? 'approve' : flags.retry ? 'retry' : undefined;
    const event = { event: 'looked', at: now() } as const;
    return {
      environment: name,
      model,
      record: await driveRollout({ ...shared, record, event, ...(decision && { decision }) }, context),
    };
  }
  if (flags.approve || flags.retry) throw new UsageError('--approve and --retry go with --resume');
  refuseOpen(open, model);

  const releases = releasesOfModel(environment, model);
  const [stable, canary] = (['stable', 'canary'] as const).map((role) => withRole(releases, role, model));
  const from = Object.fromEntries(releases.map(({ name: release, weight }) => [release, weight]));
  const settings = rolloutSettings(flags);
  const pair = { model, stable: stable?.name ?? '', canary: canary?.name ?? '', from };
  await refuseWithoutCapacity(environment, model, weightsAt(pair, settings.steps.at(-1) ?? 100), context);
  const plan = await planRollout({ ...pair, settings, sampler: samplerOf(environment, context) });
  if (flags.dryRun) return { environment: name, model, plan };
  for (const line of printRolloutPlan(plan, plain).split('\n')) context.progress(line);

  const routers = await openRouters(environment, context);
  const document = await routers.delivered();
  const versions = await routers.versions();
  refuseUndelivered(document, versions, releases, name);
  const saltBefore = environment.models[model]?.salt ?? FIRST_SALT;
  const id = `${stamp(context.now())}-${pair.canary}`;
  const { record } = openRollout({
    ...{ id, environment: name, ...pair, settings, owner: operator(context), at: now() },
    salt: (from[pair.canary] ?? 0) === 0 ? id : saltBefore,
    saltBefore,
    expiresAt: now() + flags.expires,
  });
  await rollouts.keepDocument(record, document ?? '');
  await rollouts.save(record);
  const event = { event: 'looked', at: now() } as const;
  return {
    environment: name,
    model,
    plan,
    record: await driveRollout({ ...shared, record, event, plan }, context),
  };
}

function withRole(releases: readonly Release[], role: 'stable' | 'canary', model: string): Release {
  const found = releases.find((release) => release.role === role);
  if (found !== undefined) return found;
  throw new UsageError(
    `${model} has no release with role ${role}; a rollout moves weight from the stable release to the canary`,
  );
}

/** What is rolled back to must be what the file says, and what every router does. */
function refuseUndelivered(
  document: string | undefined,
  versions: readonly { readonly version?: string }[],
  releases: readonly Release[],
  name: string,
): void {
  const version = document === undefined ? undefined : versionOfDocument(document);
  const shares = document === undefined ? undefined : sharesOfDocument(document);
  const applied =
    version !== undefined &&
    versions.length > 0 &&
    versions.every((router) => router.version === version) &&
    releases.every(
      (release) => Math.abs((shares?.(release.model, release.name) ?? -1) - release.weight) <= 1,
    );
  if (!applied)
    throw new Failure(`the routers of ${name} do not do what the file wants; \`fleet up ${name}\` first`);
}

/** `20261124-155501` */
function stamp(milliseconds: number): string {
  return new Date(milliseconds)
    .toISOString()
    .replace(/\.\d+Z$/, '')
    .replaceAll(/[-:]/g, '')
    .replace('T', '-');
}

/** 0 promoted or only planned, 1 rolled back. */
export function exitCodeOfRun({ record }: RunResult): number {
  if (record === undefined || isOpen(record)) return 0;
  return record.state.phase === 'closed' && record.state.outcome === 'promoted' ? 0 : 1;
}
