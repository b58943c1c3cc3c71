import type { TokenUsage } from '../../contracts/price.ts';
import { isObject, isUnset, type Json } from './json.ts';
import { chatUsage, responsesUsage } from './usage.ts';

/** What differs between the three APIs as far as the gateway looks into answers. */
export interface Dialect {
  readonly path: string;
  /** Whether streams carry usage only if `stream_options.include_usage` asks for it. */
  readonly usageOnRequest: boolean;
  /** Text that stands in every event that carries generated tokens. */
  readonly tokenMark: string;
  /** Whether an event carries the first of something a client can show: text, reasoning or a tool call. */
  hasContent(event: unknown): boolean;
  /** Finds usage in an event of a stream or in a whole answer. */
  usageOf(answer: unknown): TokenUsage | undefined;
  /** Text that stands in the event that ends a stream, where that is not `[DONE]`. */
  readonly endMark?: RegExp;
  /** Caps of the output's length that the API knows; the last one is set where a request has none. */
  readonly outputCaps: readonly string[];
  /** Sampling parameters that it knows. */
  readonly sampling: readonly string[];
  /** The members that set a reasoning effort where the request has none. */
  effort(request: Json, effort: string): Json;
  /** Whether answers are what the model wrote word for word, so that nothing in them can be a leak. */
  readonly raw: boolean;
}

const SAMPLING = ['temperature', 'top_p', 'frequency_penalty', 'presence_penalty'];

const chat: Dialect = {
  path: '/v1/chat/completions',
  usageOnRequest: true,
  tokenMark: '"delta"',
  hasContent: (event) => choicesOf(event).some(({ delta }) => isObject(delta) && hasDelta(delta)),
  usageOf: (answer) => (isObject(answer) ? chatUsage(answer.usage) : undefined),
  outputCaps: ['max_tokens', 'max_completion_tokens'],
  sampling: SAMPLING,
  effort: flatEffort,
  raw: false,
};

const completions: Dialect = {
  path: '/v1/completions',
  usageOnRequest: true,
  tokenMark: '"text"',
  hasContent: (event) => choicesOf(event).some(({ text }) => isFilled(text)),
  usageOf: chat.usageOf,
  outputCaps: ['max_tokens'],
  sampling: SAMPLING,
  effort: () => ({}),
  raw: true,
};

const responses: Dialect = {
  path: '/v1/responses',
  usageOnRequest: false,
  tokenMark: '.delta"',
  hasContent: (event) => isObject(event) && isFilled(event.delta),
  usageOf(answer) {
    if (!isObject(answer)) return undefined;
    return responsesUsage(isObject(answer.response) ? answer.response.usage : answer.usage);
  },
  endMark: /"type"\s*:\s*"response\.(?:completed|incomplete|failed)"/,
  outputCaps: ['max_output_tokens'],
  sampling: ['temperature', 'top_p'],
  effort: nestedEffort,
  raw: false,
};

/** The APIs that are relayed, by their path. */
export const DIALECTS: ReadonlyMap<string, Dialect> = new Map(
  [chat, completions, responses].map((dialect) => [dialect.path, dialect]),
);

function choicesOf(event: unknown): readonly Json[] {
  return isObject(event) && Array.isArray(event.choices) ? event.choices.filter(isObject) : [];
}

function hasDelta({ content, reasoning, reasoning_content, tool_calls }: Json): boolean {
  return [content, reasoning, reasoning_content, tool_calls].some(isFilled);
}

function isFilled(value: unknown): boolean {
  return (typeof value === 'string' || Array.isArray(value)) && value.length > 0;
}

function flatEffort(json: Json, effort: string): Json {
  return isUnset(json.reasoning_effort) ? { reasoning_effort: effort } : {};
}

function nestedEffort({ reasoning }: Json, effort: string): Json {
  if (isUnset(reasoning)) return { reasoning: { effort } };
  return isObject(reasoning) && isUnset(reasoning.effort) ? { reasoning: { ...reasoning, effort } } : {};
}
