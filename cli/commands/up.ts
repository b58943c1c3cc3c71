import { costOf, type EnvironmentCost } from '../../contracts/cost.ts';
import type { Environment } from '../../contracts/environment.ts';
import { isPlaceholder } from '../../contracts/placeholder.ts';
import { baseUrlOf } from '../base-url.ts';
import { settleRollouts } from '../canary/settle-rollouts.ts';
import { type ClientKey, clientKey } from '../client-key.ts';
import { CloudError } from '../clouds/cloud.ts';
import type { Context } from '../context.ts';
import { logOf, runCdktf } from '../deploy.ts';
import { Failure, UsageError } from '../errors.ts';
import { heal, waitUntilRunning } from '../heal.ts';
import { hostOf } from '../host.ts';
import { printCheck } from '../print/check.ts';
import { printPrice, printSum } from '../print/price.ts';
import { plain } from '../print/style.ts';
import { environmentFile, readEnvironment } from '../project.ts';
import { examine, requirementsOf } from '../requirements.ts';
import { type SmokeAnswer, smokeTest } from '../smoke-test.ts';
import { thisSystem } from '../system.ts';
import { checkPorts } from '../taken-ports.ts';
import { check } from './check.ts';

const RUNNING_SECONDS = 30;

export interface UpFlags {
  /** Deploy to a cloud without asking. */
  readonly yes: boolean;
  /** Close open rollouts as they are, and answer for the weights. */
  readonly takeOver: boolean;
}

/** A deployed environment. */
export interface UpResult {
  readonly environment: string;
  readonly platform: string;
  /** The base URL that clients use; absent where only the cloud knows it. */
  readonly baseUrl?: string;
  /** What people open or paste, the gateway first. */
  readonly addresses: readonly { readonly part: string; readonly address: string }[];
  /** Parts that Terraform took for running and that had to be started. */
  readonly started: readonly string[];
  /** Parts that the environment no longer has. */
  readonly removed: readonly string[];
  /** Answers of the smoke test; absent when there was none, and `skipped` says why. */
  readonly answers?: readonly SmokeAnswer[];
  readonly skipped?: string;
  readonly models: readonly string[];
  /** The API key as it may be shown. */
  readonly key: string;
  /** What its GPU machines cost; absent where they are there anyway. */
  readonly cost?: EnvironmentCost;
  readonly log: string;
  readonly seconds: number;
}

/**
 * Deploys an environment, makes sure that all of it runs, and asks every model for an answer.
 * @throws EnvironmentError, UsageError, Failure, Interrupted
 */
export async function up(name: string, flags: UpFlags, context: Context): Promise<UpResult> {
  const begin = context.now();
  const { yes, takeOver: taken } = flags;
  const before = readEnvironment(context.project, name);
  await checkRequirements(before, context);
  refusePlaceholders(before);
  const environment = await settle(before, taken, context);
  const cost = costOf(environment);
  await confirm(environment, cost, yes, context);
  await refuseDenied(environment, context);
  const key = clientKey(environment, context);
  const host = hostOf(context);
  const local = environment.platform === 'process';
  if (local) await checkPorts(host, environment);
  await runCdktf('deploy', name, context);
  const healing = local ? await heal(host, name) : { started: [], removed: [] };
  const parts = local ? await waitUntilRunning(host, name, RUNNING_SECONDS) : [];
  const models = Object.keys(environment.models);
  const baseUrl = baseUrlOf(environment);
  const smoke = await smokeTestIfPossible({ baseUrl, key, models }, context);
  return {
    environment: name,
    platform: environment.platform,
    baseUrl,
    addresses: [
      ...(baseUrl === undefined ? [] : [{ part: 'gateway', address: baseUrl }]),
      ...parts.flatMap(({ name: part, address }) =>
        address === undefined || part === 'gateway' ? [] : [{ part, address }],
      ),
    ],
    ...healing,
    ...smoke,
    models,
    key: key.shown,
    cost: cost.releases.length > 0 ? cost : undefined,
    log: logOf(name, 'deploy'),
    seconds: (context.now() - begin) / 1000,
  };
}

async function checkRequirements(environment: Environment, { env }: Context): Promise<void> {
  const findings = await examine(requirementsOf(environment, env), env, thisSystem());
  const lacking = findings.filter(({ state }) => state !== 'found');
  if (lacking.length === 0) return;
  throw new Failure(
    lacking
      .map(({ what, lowest, state, version, neededBy, install }) => {
        const needed = lowest === undefined ? what : `${what} ${lowest} or later`;
        const given = state === 'missing' ? 'missing' : `${version ?? 'of unknown version'}, too old`;
        return `${needed} is needed (${neededBy}) and is ${given}; install it: ${install}`;
      })
      .join('\n'),
  );
}

/**
 * Where nobody can say whether a rollout is open, only whoever takes the weights over deploys. A bucket that does not exist
 * yet has no rollouts.
 */
async function settle(environment: Environment, taken: boolean, context: Context): Promise<Environment> {
  try {
    return await settleRollouts(environment, { taken }, context);
  } catch (error) {
    if (!(error instanceof CloudError)) throw error;
    const unknown = `whether a rollout is open is not known: ${error.message}`;
    if (!taken) throw new Failure(`${unknown}; make that work, or answer for the weights with --take-over`);
    context.progress(unknown);
    return environment;
  }
}

/** What `fleet check` denies is not deployed to a cloud. On one's own hosts there is nothing that a plan could lose. */
async function refuseDenied({ name, platform }: Environment, context: Context): Promise<void> {
  if (platform === 'process' || platform === 'docker') return;
  const report = await check([name], { fileOnly: false, synthOnly: false, class: 'production' }, context);
  if (report.verdict === 'deny') throw new Failure(`${printCheck(report, plain)}\nnothing was deployed`);
}

/** The price is told in any case, so that it stands in the log of a run that agreed by --yes. */
async function confirm(
  environment: Environment,
  cost: EnvironmentCost,
  yes: boolean,
  { ask, progress }: Context,
): Promise<void> {
  const { name, platform } = environment;
  if (platform === 'process' || platform === 'docker') return;
  for (const line of printPrice(cost, plain).split('\n')) if (line !== '') progress(line);
  if (yes) return;
  if (ask === undefined)
    throw new UsageError(`${name} is on ${platform}; without a terminal, agree with --yes`);
  const price = cost.releases.length === 0 ? '' : ` (${printSum(cost)})`;
  const answer = await ask(`Deploy ${name} (class ${environment.class}) to ${platform}${price}? [y/N] `);
  if (!/^y(es)?$/i.test(answer.trim())) throw new Failure('nothing was deployed');
}

/** A machine that boots a placeholder would cost money and serve nobody. */
function refusePlaceholders({ name, platform, images, models, gateway, google, aws }: Environment): void {
  if (platform !== 'google' && platform !== 'aws') return;
  const { nodeImage, routerImage } = { google, aws }[platform] ?? {};
  const own = Object.values(models).flatMap(({ releases }) =>
    Object.values(releases ?? {}).flatMap(({ nodes }) => nodes?.image ?? []),
  );
  const { vllm, ...others } = images;
  const machines = [nodeImage, routerImage];
  const written = [
    ...machines,
    gateway.certificate,
    ...Object.values(vllm),
    ...Object.values(others),
    ...own,
  ];
  const found = written.filter((text) => text !== undefined && isPlaceholder(text));
  if (found.length === 0) return;
  throw new Failure(
    `${environmentFile(name)} still has placeholders: ${[...new Set(found)].join(', ')}; \`fleet doctor ${name}\` names what there is`,
  );
}

interface SmokeTarget {
  readonly baseUrl: string | undefined;
  readonly key: ClientKey;
  readonly models: readonly string[];
}

async function smokeTestIfPossible(
  { baseUrl, key, models }: SmokeTarget,
  { progress, now }: Context,
): Promise<Pick<UpResult, 'answers' | 'skipped'>> {
  if (baseUrl === undefined)
    return { skipped: 'the gateway of a cloud environment is not asked from here yet' };
  if (key.value === undefined)
    return { skipped: 'no API key: set FLEET_API_KEY to let fleet ask the gateway' };
  progress('asking each model for an answer');
  return { answers: await smokeTest({ baseUrl, key: key.value, models, now }) };
}
