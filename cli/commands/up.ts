import type { Environment } from '../../contracts/environment.ts';
import { baseUrlOf } from '../base-url.ts';
import { type ClientKey, clientKey } from '../client-key.ts';
import type { Context } from '../context.ts';
import { logOf, runCdktf } from '../deploy.ts';
import { Failure, UsageError } from '../errors.ts';
import { heal, waitUntilRunning } from '../heal.ts';
import { hostOf } from '../host.ts';
import { readEnvironment } from '../project.ts';
import { examine, requirementsOf } from '../requirements.ts';
import { type SmokeAnswer, smokeTest } from '../smoke-test.ts';
import { thisSystem } from '../system.ts';
import { checkPorts } from '../taken-ports.ts';

const RUNNING_SECONDS = 30;

export interface UpFlags {
  /** Deploy to a cloud without asking. */
  readonly yes: boolean;
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
  readonly log: string;
  readonly seconds: number;
}

/**
 * Deploys an environment, makes sure that all of it runs, and asks every model for an answer.
 * @throws EnvironmentError, UsageError, Failure, Interrupted
 */
export async function up(name: string, { yes }: UpFlags, context: Context): Promise<UpResult> {
  const begin = context.now();
  const environment = readEnvironment(context.project, name);
  await checkRequirements(environment, context);
  await confirm(environment, yes, context);
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

async function confirm(environment: Environment, yes: boolean, { ask }: Context): Promise<void> {
  const { name, platform } = environment;
  if (yes || platform === 'process' || platform === 'docker') return;
  if (ask === undefined)
    throw new UsageError(`${name} is on ${platform}; without a terminal, agree with --yes`);
  const answer = await ask(`Deploy ${name} (class ${environment.class}) to ${platform}? [y/N] `);
  if (!/^y(es)?$/i.test(answer.trim())) throw new Failure('nothing was deployed');
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
