import { z } from 'zod';
import type { Environment } from './environment.ts';
import { releasesOfModel } from './release.ts';

/** Name of the output of a stack that says the weights. */
export const WEIGHTS_OUTPUT = 'fleet_weights';

/**
 * What an environment's stack says of its weights as an output: a plan shows the document that holds them as a hash alone,
 * and whoever reads a plan wants to see the shares before and after.
 */
export function weightsNote(environment: Environment): string {
  const shares = Object.keys(environment.models).flatMap((model) => {
    const releases = releasesOfModel(environment, model).map(({ name, role, weight }) => [
      name,
      { weight: weight / 100, ...(role === undefined ? {} : { role }) },
    ]);
    return releases.length === 0 ? [] : [[model, Object.fromEntries(releases)]];
  });
  return JSON.stringify(Object.fromEntries(shares));
}

const WeightsNote = z.record(
  z.string(),
  z.record(z.string(), z.strictObject({ weight: z.number(), role: z.enum(['stable', 'canary']).optional() })),
);

/** What one release of a note has. */
export interface NotedWeight {
  readonly model: string;
  readonly release: string;
  readonly role?: 'stable' | 'canary';
  /** Percent of the model's traffic. */
  readonly weight: number;
}

/** A note with one model as an earlier note has it, byte for byte as `weightsNote` would write it. */
export function withNotedModel(note: string, earlier: string, model: string): string {
  const [now, before] = [note, earlier].map((text) => WeightsNote.parse(JSON.parse(text)));
  return JSON.stringify({ ...now, [model]: before?.[model] });
}

/** Reads what `weightsNote` has written; nothing of any other text. */
export function readWeightsNote(text: string): NotedWeight[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return [];
  }
  return Object.entries(WeightsNote.safeParse(value).data ?? {}).flatMap(([model, releases]) =>
    Object.entries(releases).map(([release, of]) => ({ model, release, ...of })),
  );
}
