import type { RolloutRecord } from '../../contracts/rollout.ts';
import type { RolloutAction, RolloutEvent } from '../../rollout/events.ts';
import type { Context } from '../context.ts';
import { Failure, Interrupted, messageOf } from '../errors.ts';
import type { Decision, Question } from './decision.ts';
import type { ModelChange } from './environment-text.ts';
import type { Waiting } from './pause.ts';
import { restoredDocument } from './restored-document.ts';
import type { Perform } from './rollout-loop.ts';
import type { Rollouts } from './rollouts.ts';
import { awaitVersion, type Routers, versionOfDocument } from './routers.ts';
import type { Sampler } from './sampler.ts';

export interface RolloutActionProps {
  readonly rollouts: Rollouts;
  readonly routers: Routers;
  readonly sampler: Sampler;
  readonly waiting: Waiting;
  /** Who does all this. */
  readonly by: string;
  /** Asks for a decision until `early` yields something. @throws WaitsForDecision where nobody is there */
  readonly decide: <T>(question: Question, early: () => Promise<T | undefined>) => Promise<Decision | T>;
  /** Writes a change of the model into the file and deploys it, until every router reports it. */
  readonly deploy: (change: ModelChange) => Promise<void>;
  /** Seconds that a step needs at the present rate. */
  readonly need: (percent: number) => Promise<number>;
  /** What comes after a promotion: the commit. */
  readonly promoted: (record: RolloutRecord) => Promise<void>;
  /** How long a rollout may be left alone, in seconds. */
  readonly expirySeconds: number;
  readonly context: Pick<Context, 'now' | 'sleep' | 'progress'>;
}

const RESTORE_SECONDS = 30;
const RETRY_SECONDS = 15;

/** Does what a rollout asks for. */
export function rolloutActions(props: RolloutActionProps): Perform {
  const { rollouts, routers, sampler, waiting, by, context } = props;
  const now = () => context.now() / 1000;

  /** What somebody else wants of it, as an event. @throws MovedOn if he has done it himself, on another host */
  async function wished(record: RolloutRecord): Promise<RolloutEvent | undefined> {
    const wish = await rollouts.wish(record);
    if (wish !== undefined) return { event: wish.event, at: now(), by: wish.by, reason: wish.reason };
    await rollouts.requireSame(record);
    return undefined;
  }

  async function ask(record: RolloutRecord, question: Question): Promise<RolloutEvent> {
    const decision = await props.decide(question, () => wished(record));
    if (typeof decision !== 'string') return decision;
    switch (decision) {
      case 'approve':
        return { event: 'approved', at: now(), by };
      case 'retry':
        return { event: 'retried', at: now(), by };
      case 'roll back':
        return { event: 'rolled back', at: now(), by, reason: `${by} asked for it` };
    }
  }

  async function sample(
    record: RolloutRecord,
    { since, at }: Extract<RolloutAction, { action: 'sample' }>,
  ): Promise<RolloutEvent> {
    const { expirySeconds } = props;
    const expiresAt = now() + expirySeconds;
    if (expiresAt > record.expiresAt + expirySeconds / 2)
      return { event: 'extended', at: now(), by, expiresAt };
    const wish = await waiting.until(at, () => wished(record));
    if (wish !== undefined) return wish;
    try {
      const until = now();
      return { event: 'sampled', at: until, sample: await sampler.sample(record, since, until) };
    } catch (error) {
      if (error instanceof Interrupted) throw error;
      const reason = messageOf(error);
      context.progress(`no sample: ${reason}`);
      const retry = now() + Math.min(RETRY_SECONDS, record.settings.blindSeconds / 4);
      const event = await waiting.until(retry, () => wished(record));
      return event ?? { event: 'unsampled', at: now(), reason };
    }
  }

  async function restore(record: RolloutRecord): Promise<void> {
    const begin = now();
    const [present, before] = await Promise.all([routers.delivered(), rollouts.documentBefore(record)]);
    if (present === undefined || before === undefined)
      throw new Failure(
        `the document from before rollout ${record.id} is not there; \`fleet up\` renders it`,
      );
    const document = restoredDocument(present, before, record.model);
    if (document !== present) await routers.deliver(document);
    await awaitVersion(routers, versionOfDocument(document) ?? '', RESTORE_SECONDS, context).catch(
      (error: unknown) => {
        if (!(error instanceof Failure)) throw error;
        throw new Failure(
          `the weights from before are delivered, but not every router is known to have them: ${error.message}`,
        );
      },
    );
    context.progress(`every router has the weights from before, after ${(now() - begin).toFixed(2)} s`);
  }

  return async (record, action) => {
    const { model, stable, canary } = record;
    switch (action.action) {
      case 'apply': {
        const wish = await wished(record);
        if (wish !== undefined) return wish;
        await props.deploy({ model, weights: action.weights, salt: action.salt });
        return { event: 'applied', at: now(), needSeconds: await props.need(action.percent) };
      }
      case 'sample':
        return sample(record, action);
      case 'ask':
        return ask(record, action);
      case 'restore':
        await restore(record);
        return { event: 'restored', at: now() };
      case 'reconcile': {
        const roles = { [stable]: 'stable', [canary]: 'canary' } as const;
        await props.deploy({ model, weights: action.weights, salt: action.salt, roles });
        return { event: 'reconciled', at: now() };
      }
      case 'promote': {
        const roles = { [canary]: 'stable', [stable]: 'canary' } as const;
        await props.deploy({ model, weights: action.weights, salt: action.salt, roles });
        await props.promoted(record);
        return { event: 'promoted', at: now() };
      }
    }
  };
}
