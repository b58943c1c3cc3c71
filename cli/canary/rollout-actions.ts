import type { Environment } from '../../contracts/environment.ts';
import type { RolloutRecord } from '../../contracts/rollout.ts';
import type { RolloutAction, RolloutEvent } from '../../rollout/events.ts';
import type { Context } from '../context.ts';
import { Failure, Interrupted, messageOf } from '../errors.ts';
import { readEnvironment } from '../project.ts';
import { deployWeights } from './deploy-weights.ts';
import {
  type ModelChange,
  readEnvironmentText,
  withModelChange,
  writeEnvironmentText,
} from './environment-text.ts';
import type { Waiting } from './pause.ts';
import { restoredDocument } from './restored-document.ts';
import type { Perform } from './rollout-loop.ts';
import type { Rollouts } from './rollouts.ts';
import { awaitVersion, type Routers, versionOfDocument } from './routers.ts';
import type { Sampler } from './sampler.ts';

/** What a person, or whoever stands in for one, decides. */
export type Decision = 'approve' | 'retry' | 'roll back';

export interface RolloutActionProps {
  readonly rollouts: Rollouts;
  readonly routers: Routers;
  readonly sampler: Sampler;
  readonly waiting: Waiting;
  /** Who does all this. */
  readonly by: string;
  /** Asks for a decision. @throws WaitsForDecision where nobody is there */
  readonly decide: (why: 'gate' | 'paused', sentence: string) => Promise<Decision>;
  /** Seconds that a step needs at the present rate. */
  readonly need: (percent: number) => number;
  /** What comes after a promotion: the commit. */
  readonly promoted: (record: RolloutRecord) => Promise<void>;
  /** How long a rollout may be left alone, in seconds. */
  readonly expirySeconds: number;
  readonly context: Context;
}

const RESTORE_SECONDS = 30;
const RETRY_SECONDS = 15;
const LOCK_RETRY_SECONDS = 1;
/** A deploy by somebody else may hold the state for that long. */
const LONGEST_LOCK_SECONDS = 1800;

/** Does what a rollout asks for, with the real routers, Terraform and Prometheus. */
export function rolloutActions(props: RolloutActionProps): Perform {
  const { rollouts, routers, sampler, waiting, by, decide, need, promoted, expirySeconds, context } = props;
  const now = () => context.now() / 1000;

  /** Someone else's wish, as an event. */
  async function wished(record: RolloutRecord): Promise<RolloutEvent | undefined> {
    const wish = await rollouts.wish(record);
    return wish && { event: wish.event, at: now(), by: wish.by, reason: wish.reason };
  }

  async function change(record: RolloutRecord, change: ModelChange): Promise<Environment> {
    const { environment: name } = record;
    const text = readEnvironmentText(context.project, name);
    const after = withModelChange(text, name, change);
    if (after.text !== text) writeEnvironmentText(context.project, name, after.text);
    return after.environment;
  }

  async function deploy(environment: Environment): Promise<void> {
    const deadline = now() + LONGEST_LOCK_SECONDS;
    for (let told = false; ; told = true) {
      try {
        await deployWeights(environment, routers, context);
        return;
      } catch (error) {
        if (!isLocked(error) || now() > deadline) throw error;
        if (!told) context.progress('somebody else holds the state; waiting until it is free');
        await waiting.until(now() + LOCK_RETRY_SECONDS, async () => undefined);
      }
    }
  }

  return async (record, action) => {
    const { model, stable, canary } = record;
    switch (action.action) {
      case 'apply': {
        const wish = await wished(record);
        if (wish !== undefined) return wish;
        await deploy(await change(record, { model, weights: action.weights, salt: action.salt }));
        return { event: 'applied', at: now(), needSeconds: need(action.percent) };
      }
      case 'sample':
        return sample(record, action);
      case 'ask': {
        const decision = await decide(action.why, action.sentence);
        if (decision === 'approve') return { event: 'approved', at: now(), by };
        if (decision === 'retry') return { event: 'retried', at: now(), by };
        return { event: 'rolled back', at: now(), by, reason: `${by} asked for it` };
      }
      case 'restore': {
        const begin = now();
        await restore(record);
        context.progress(`every router has the weights from before, after ${(now() - begin).toFixed(2)} s`);
        return { event: 'restored', at: now() };
      }
      case 'reconcile':
        await deploy(await change(record, { model, weights: action.weights, salt: action.salt }));
        return { event: 'reconciled', at: now() };
      case 'promote': {
        const roles = { [canary]: 'stable', [stable]: 'canary' } as const;
        await deploy(await change(record, { model, weights: action.weights, salt: action.salt, roles }));
        await promoted(record);
        return { event: 'promoted', at: now() };
      }
    }
  };

  async function sample(
    record: RolloutRecord,
    { since, at }: Extract<RolloutAction, { action: 'sample' }>,
  ): Promise<RolloutEvent> {
    const extended = now() + expirySeconds;
    if (extended > record.expiresAt + expirySeconds / 2)
      return { event: 'extended', at: now(), by, expiresAt: extended };
    const wish = await waiting.until(at, () => wished(record));
    if (wish !== undefined) return wish;
    try {
      const until = now();
      return { event: 'sampled', at: until, sample: await sampler.sample(record, since, until) };
    } catch (error) {
      if (error instanceof Interrupted) throw error;
      const reason = messageOf(error);
      context.progress(`no sample: ${reason}`);
      const retry = Math.min(RETRY_SECONDS, record.settings.blindSeconds / 4);
      return (
        (await waiting.until(now() + retry, () => wished(record))) ?? {
          event: 'unsampled',
          at: now(),
          reason,
        }
      );
    }
  }

  async function restore(record: RolloutRecord): Promise<void> {
    const [present, before] = await Promise.all([routers.delivered(), rollouts.documentBefore(record)]);
    if (present === undefined || before === undefined)
      throw new Failure(
        `the document from before rollout ${record.id} is not there; \`fleet up\` renders it`,
      );
    const document = restoredDocument(present, before, record.model);
    if (document !== present) await routers.deliver(document);
    await awaitVersion(routers, versionOfDocument(document) ?? '', RESTORE_SECONDS, context);
  }
}

function isLocked(error: unknown): boolean {
  return error instanceof Failure && /Error acquiring the state lock/.test(error.message);
}

/** @throws Failure unless the file has the roles and releases that a rollout was opened with */
export function requireSameReleases(
  { environment, model, from, stable, canary }: RolloutRecord,
  project: string,
): void {
  const releases = readEnvironment(project, environment).models[model]?.releases ?? {};
  const missing = [...new Set([stable, canary, ...Object.keys(from)])].filter((name) => !(name in releases));
  if (missing.length > 0)
    throw new Failure(
      `the rollout of ${model} counts on ${missing.join(', ')}, which the file does not have any more; put it back`,
    );
}
