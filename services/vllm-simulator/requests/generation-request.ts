import type { AnswerRequest } from '../answers.ts';
import { badRequest, RequestError, validationError } from '../errors.ts';
import type { Message } from '../prompt.ts';
import type { ServerOptions } from '../server-options.ts';
import type { FieldReader } from './fields.ts';

/** A request for an answer, whatever endpoint it came by. */
export interface GenerationRequest {
  /** As the client named it. */
  readonly model?: string;
  readonly stream: boolean;
  readonly includeUsage: boolean;
  /** Usage in every chunk of a stream. */
  readonly continuousUsage: boolean;
  /** False: reasoning is generated, but not shown. */
  readonly includeReasoning: boolean;
  readonly messages: readonly Message[];
  readonly promptIds: readonly number[];
  readonly answer: AnswerRequest;
  readonly cacheSalt?: string;
  /** `request_id` of the body. */
  readonly requestId?: string;
}

/** `stream_options`, and what `--enable-force-include-usage` makes of it (vLLM's should_include_usage). */
export function readStreamOptions(
  reader: FieldReader,
  server: ServerOptions,
): { stream: boolean; includeUsage: boolean; continuousUsage: boolean } {
  const stream = reader.boolean('stream') ?? false;
  const options = reader.object('stream_options');
  if (options && !stream) {
    throw validationError('Stream options can only be defined when `stream=True`.', 'stream_options');
  }
  if (server.forceIncludeUsage) return { stream, includeUsage: true, continuousUsage: true };
  const includeUsage = options?.include_usage === true;
  return { stream, includeUsage, continuousUsage: includeUsage && options?.continuous_usage_stats === true };
}

export function readStop(reader: FieldReader, body: unknown): readonly string[] {
  const value = (body as { stop?: unknown }).stop;
  if (typeof value === 'string') return [value];
  return (reader.list('stop') ?? []).filter((entry) => typeof entry === 'string');
}

/**
 * Ranges that vLLM's SamplingParams checks.
 *
 * @throws RequestError
 */
export function checkSampling(reader: FieldReader, fields: { maxTokens?: number }): void {
  const range = (name: string, allowed: (value: number) => boolean, rule: string, parameter = true) => {
    const value = reader.number(name);
    if (value === undefined || allowed(value)) return;
    const shown = Number.isInteger(value) ? `${value}.0` : String(value);
    const message = `${name} must be ${rule}, got ${shown}.`;
    throw parameter ? validationError(message, name, shown) : badRequest(message);
  };
  range('presence_penalty', (value) => Math.abs(value) <= 2, 'in [-2, 2]', false);
  range('frequency_penalty', (value) => Math.abs(value) <= 2, 'in [-2, 2]', false);
  range('temperature', (value) => value >= 0, 'non-negative');
  range('temperature', (value) => value <= 2, 'in [0, 2]');
  range('top_p', (value) => value > 0 && value <= 1, 'in (0, 1]');
  const { maxTokens } = fields;
  if (maxTokens !== undefined && maxTokens < 1) {
    throw validationError(`max_tokens must be at least 1, got ${maxTokens}.`, 'max_tokens', maxTokens);
  }
  const choices = reader.integer('n') ?? 1;
  if (choices !== 1) throw badRequest(`The simulator generates one choice, got n=${choices}.`, 'n');
}

/** @throws RequestError with 404 */
export function checkModel(model: string | undefined, server: ServerOptions): void {
  if (model === undefined || model === '' || server.servedModelNames.includes(model)) return;
  throw new RequestError({
    message: `The model \`${model}\` does not exist. Valid aliases: ${server.servedModelNames.join(', ')}.`,
    type: 'NotFoundError',
    param: 'model',
    code: 404,
  });
}

/**
 * The tokenizer stops one token after the limit, so that vLLM only knows "at least".
 *
 * @throws RequestError
 */
export function checkPromptLength(promptIds: readonly number[], { maxModelLen }: ServerOptions): void {
  if (promptIds.length <= maxModelLen) return;
  const known = maxModelLen + 1;
  throw validationError(
    `This model's maximum context length is ${maxModelLen} tokens. However, your prompt contains at least ${known} input tokens, which exceeds this limit even without any output tokens. Please reduce the length of the input prompt.`,
    'input_tokens',
    known,
  );
}
