import { z } from 'zod';
import { ScriptedAnswer } from './answers.ts';
import { Failure } from './failures.ts';

/** What can be changed while the simulator runs (`PUT /simulator/options`): any part of it, the rest stays. */
export const SimulationChange = z
  .strictObject({
    /** Prompt tokens computed per second, of all requests together. */
    prefillTokensPerSecond: z.number().positive(),
    /** Tokens generated per second by one request that runs alone. */
    decodeTokensPerSecond: z.number().positive(),
    /** Each further running request makes every token this much slower: 0.01 = 1 % each. */
    decodeSlowdownPerSequence: z.number().min(0),
    /** Length of a made-up answer when the client sets no limit, its end token included. */
    answerTokens: z.int().min(1),
    /** False: `GET /health` answers 503, as with a dead engine. */
    healthy: z.boolean(),
    /** False: clients that leave are not counted in `request_success_total{finished_reason="abort"}`, as in vLLM 0.32. */
    countClientAborts: z.boolean(),
    failures: z.array(Failure),
  })
  .partial();

const { shape } = SimulationChange.required();

/** Options of the simulation itself: the JSON of the environment variable `VLLM_SIMULATOR`. */
export const SimulationOptions = z.strictObject({
  prefillTokensPerSecond: shape.prefillTokensPerSecond.default(20_000),
  decodeTokensPerSecond: shape.decodeTokensPerSecond.default(200),
  decodeSlowdownPerSequence: shape.decodeSlowdownPerSequence.default(0),
  answerTokens: shape.answerTokens.default(32),
  healthy: shape.healthy.default(true),
  countClientAborts: shape.countClientAborts.default(true),
  failures: shape.failures.default([]),
  /** The port answers only this long after the start, as if weights were loading. */
  startSeconds: z.number().min(0).default(0),
  /** Size of the KV cache in blocks, unless `--num-gpu-blocks-override` sets it. */
  kvCacheBlocks: z.int().min(1).default(16_384),
  /** Scripted answers, or the path of a file with them: a JSON array, or one JSON object per line. */
  answers: z.union([z.string(), z.array(ScriptedAnswer)]).default([]),
  /** The model's name in answers: the first that is served, as in vLLM, or the one asked for, as at a host of many models. */
  answersAs: z.enum(['first', 'requested']).default('first'),
  /** File that each ended request is appended to, as a line of JSON. */
  recordFile: z.string().optional(),
  /** Ended requests kept in memory. */
  recordLimit: z.int().min(1).default(100_000),
});

export type SimulationChange = z.infer<typeof SimulationChange>;
export type SimulationOptions = z.infer<typeof SimulationOptions>;
export type SimulationInput = z.input<typeof SimulationOptions>;

/** All that is wrong with simulation options, a line each. */
export class SimulationOptionsError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'SimulationOptionsError';
  }
}

/**
 * Checks a value against one of the schemas here.
 *
 * @param name how messages call the value
 * @throws SimulationOptionsError
 */
export function checked<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  name: string,
): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issues = result.error.issues.map(({ path, message }) => `${[name, ...path].join('.')}: ${message}`);
  throw new SimulationOptionsError(issues.join('\n'));
}

/** @throws SimulationOptionsError */
export function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new SimulationOptionsError(
      `${name}: not JSON: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/**
 * Reads an answer file: a JSON array, or one object per line.
 *
 * @throws SimulationOptionsError
 */
export function parseAnswers(text: string, path: string): ScriptedAnswer[] {
  const values = text.trimStart().startsWith('[')
    ? parseJson(text, path)
    : text
        .split('\n')
        .map((line, index) => [line, `${path}:${index + 1}`] as const)
        .filter(([line]) => line.trim() !== '')
        .map(([line, name]) => parseJson(line, name));
  return checked(z.array(ScriptedAnswer), values, path);
}
