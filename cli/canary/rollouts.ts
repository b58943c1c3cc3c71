import { z } from 'zod';
import { isOpen, RolloutRecord } from '../../contracts/rollout.ts';
import { Failure } from '../errors.ts';
import { parseJson } from '../json.ts';
import { rolloutMetrics } from './rollout-metrics.ts';
import type { Shelf } from './shelf.ts';

/** What an operator asks of a rollout that another process is running. */
export const Wish = z.strictObject({
  rollout: z.string(),
  event: z.enum(['rolled back', 'paused']),
  by: z.string(),
  reason: z.string(),
});
export type Wish = z.output<typeof Wish>;

/** Somebody else, on another host perhaps, runs the rollout now. */
export class MovedOn extends Failure {}

/** The rollouts of one environment. */
export interface Rollouts {
  /** The latest of a model, open or closed. */
  readonly latest: (model: string) => Promise<RolloutRecord | undefined>;
  readonly open: (models: readonly string[]) => Promise<readonly RolloutRecord[]>;
  /** Of all models, the latest first. */
  readonly history: () => Promise<readonly RolloutRecord[]>;
  /**
   * @param seen what the writer last saw of it
   * @throws MovedOn if somebody else has written since
   */
  readonly save: (record: RolloutRecord, seen?: RolloutRecord) => Promise<void>;
  /** @throws MovedOn if it is not as the reader last saw it */
  readonly requireSame: (seen: RolloutRecord) => Promise<void>;
  /** The router document from before a rollout. */
  readonly documentBefore: (record: RolloutRecord) => Promise<string | undefined>;
  readonly keepDocument: (record: RolloutRecord, document: string) => Promise<void>;
  readonly wish: (record: RolloutRecord) => Promise<Wish | undefined>;
  readonly makeWish: (model: string, wish: Wish) => Promise<void>;
}

const MOST_KEPT = 100;

export function openRollouts(shelf: Shelf): Rollouts {
  const parse = <Schema extends z.ZodType>(schema: Schema, name: string, text: string): z.output<Schema> => {
    const parsed = schema.safeParse(parseJson(text));
    if (parsed.success) return parsed.data;
    throw new Failure(`${shelf.place}/${name} is broken:\n${z.prettifyError(parsed.error)}`);
  };
  const latest = async (model: string) => {
    const name = `${model}.json`;
    const text = await shelf.read(name);
    return text === undefined ? undefined : parse(RolloutRecord, name, text);
  };
  const closed = async () => parse(z.array(RolloutRecord), HISTORY, (await shelf.read(HISTORY)) ?? '[]');
  const write = (name: string, value: unknown) => shelf.write(name, `${JSON.stringify(value, null, 2)}\n`);
  async function requireSame({ model, id, journal }: RolloutRecord): Promise<void> {
    const stored = await latest(model);
    if (stored?.id === id && stored.journal.length === journal.length) return;
    const last = stored?.journal.at(-1);
    throw new MovedOn(
      `somebody else runs rollout ${id} of ${model} now, ${stored?.state.phase ?? 'gone'}: ${last?.by ?? ''} ${last?.sentence ?? ''}`,
    );
  }
  return {
    latest,
    async open(models) {
      const records = await Promise.all(models.map(latest));
      return records.filter((record) => record !== undefined).filter(isOpen);
    },
    history: closed,
    requireSame,
    // The record comes last: whoever is killed before it does all of this again.
    async save(record, seen) {
      if (seen !== undefined) await requireSame(seen);
      if (!isOpen(record)) {
        const others = (await closed()).filter(({ id }) => id !== record.id);
        await write(HISTORY, [record, ...others].slice(0, MOST_KEPT));
      }
      await shelf.write(`${record.model}.prom`, rolloutMetrics(record));
      await write(`${record.model}.json`, record);
    },
    documentBefore: ({ model, id }) => shelf.read(`${model}.${id}.conf`),
    keepDocument: ({ model, id }, document) => shelf.write(`${model}.${id}.conf`, document),
    async wish({ model, id }) {
      const name = `${model}.wish.json`;
      const text = await shelf.read(name);
      const wish = text === undefined ? undefined : parse(Wish, name, text);
      return wish?.rollout === id ? wish : undefined;
    },
    makeWish: (model, wish) => write(`${model}.wish.json`, wish),
  };
}

const HISTORY = 'history.json';
