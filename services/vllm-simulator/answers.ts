import { z } from 'zod';
import { lastUserText, type Message, SPECIAL, type ToolCall } from './prompt.ts';
import { pieces, tokenIds } from './tokens.ts';

const ScriptedToolCall = z.strictObject({
  name: z.string().min(1),
  /** JSON text, or an object that is written as JSON. */
  arguments: z.union([z.string(), z.record(z.string(), z.unknown())]).default('{}'),
});

function isPattern(text: string): boolean {
  try {
    return new RegExp(text, 'u') instanceof RegExp;
  } catch {
    return false;
  }
}

/** One answer of an answer file. The first one that matches is given; without any, the answer is made up. */
export const ScriptedAnswer = z.strictObject({
  /** Matches when the last user message contains it. */
  contains: z.string().optional(),
  /** Matches when this regular expression finds something in the last user message. */
  pattern: z.string().refine(isPattern, { error: 'not a regular expression' }).optional(),
  /**
   * Whether the conversation ends with a tool's result.
   * @default - answers with tool calls only match when it does not; the others match both
   */
  afterToolResult: z.boolean().optional(),
  content: z.string().default(''),
  reasoning: z.string().optional(),
  tool_calls: z.array(ScriptedToolCall).default([]),
});

export type ScriptedAnswer = z.infer<typeof ScriptedAnswer>;

/** What the client asks of an answer, whatever endpoint it came by. */
export interface AnswerRequest {
  /** Limit that the client set, in tokens. */
  readonly maxTokens?: number;
  readonly stop: readonly string[];
  /** Reasoning is made up when it is set and not `none`. */
  readonly reasoningEffort?: string;
  readonly tools: readonly Tool[];
  readonly toolChoice: ToolChoice;
  readonly parallelToolCalls: boolean;
}

export interface Tool {
  readonly name: string;
  /** JSON Schema of the arguments. */
  readonly parameters?: unknown;
}

export type ToolChoice = 'none' | 'auto' | 'required' | { readonly name: string };

/** What one generated token adds to the answer. Tokens of the format itself add nothing. */
export type Delta =
  | { readonly kind: 'content' | 'reasoning'; readonly text: string }
  | { readonly kind: 'toolCall'; readonly index: number; readonly name: string }
  | { readonly kind: 'toolArguments'; readonly index: number; readonly text: string };

/** An answer as it will be generated, token by token, if nobody stops it. */
export interface PlannedAnswer {
  readonly ids: readonly number[];
  /** As long as `ids`; undefined where a token adds nothing visible. */
  readonly deltas: readonly (Delta | undefined)[];
  readonly finishReason: 'stop' | 'length';
  /** The stop string that ended it. */
  readonly stopReason: string | null;
}

const REASONING_TOKENS: Readonly<Record<string, number>> = {
  minimal: 4,
  low: 8,
  medium: 16,
  high: 32,
  xhigh: 64,
  max: 64,
};

// Each is one token, so that an answer of n tokens has n words.
const WORDS =
  'fleet node route model token cache batch serve query shard layer graph queue block reply state'.split(' ');

/** Text of `count` tokens that depends on `seed` only. */
export function madeUpText(count: number, seed: number): string {
  let state = seed >>> 0;
  const words = Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return WORDS[state >>> 28];
  });
  return words.join(' ');
}

const VALUE_OF_TYPE: Readonly<Record<string, unknown>> = {
  string: '',
  integer: 0,
  number: 0,
  boolean: false,
  array: [],
  null: null,
};

/** The smallest value that a JSON Schema's own keywords ask for: required properties, first enum value. */
function smallestValue(schema: unknown): unknown {
  if (typeof schema !== 'object' || schema === null) return {};
  const { type, properties, required, enum: choices, const: constant } = schema as Record<string, unknown>;
  if (constant !== undefined) return constant;
  if (Array.isArray(choices)) return choices[0];
  if (typeof type === 'string' && type in VALUE_OF_TYPE) return VALUE_OF_TYPE[type];
  const names = Array.isArray(required) ? required.filter((name) => typeof name === 'string') : [];
  const known =
    typeof properties === 'object' && properties !== null ? (properties as Record<string, unknown>) : {};
  return Object.fromEntries(names.map((name) => [name, smallestValue(known[name] ?? { type: 'string' })]));
}

const toToolCall = ({ name, arguments: value }: z.infer<typeof ScriptedToolCall>): ToolCall => ({
  name,
  arguments: typeof value === 'string' ? value : JSON.stringify(value),
});

/** The first scripted answer for a conversation. */
export function findAnswer(
  answers: readonly ScriptedAnswer[],
  messages: readonly Message[],
): ScriptedAnswer | undefined {
  const text = lastUserText(messages);
  const endsWithTool = messages.at(-1)?.role === 'tool';
  return answers.find(
    ({ contains, pattern, afterToolResult, tool_calls }) =>
      (contains === undefined || text.includes(contains)) &&
      (pattern === undefined || new RegExp(pattern, 'u').test(text)) &&
      (afterToolResult ?? (tool_calls.length > 0 ? false : endsWithTool)) === endsWithTool,
  );
}

function chooseToolCalls(scripted: readonly ToolCall[], request: AnswerRequest): readonly ToolCall[] {
  const { toolChoice, tools, parallelToolCalls } = request;
  if (toolChoice === 'none' || tools.length === 0) return [];
  const wanted =
    typeof toolChoice === 'object' ? scripted.filter(({ name }) => name === toolChoice.name) : scripted;
  const calls = parallelToolCalls && typeof toolChoice !== 'object' ? wanted : wanted.slice(0, 1);
  if (calls.length > 0 || toolChoice === 'auto') return calls;
  const tool = typeof toolChoice === 'object' ? tools.find(({ name }) => name === toolChoice.name) : tools[0];
  return tool ? [{ name: tool.name, arguments: JSON.stringify(smallestValue(tool.parameters)) }] : [];
}

function cutAtStop(text: string, stop: readonly string[]): { text: string; stopReason: string | null } {
  const hits = stop
    .map((string) => ({ string, at: string === '' ? -1 : text.indexOf(string) }))
    .filter(({ at }) => at >= 0);
  const first = hits.sort((a, b) => a.at - b.at)[0];
  return first ? { text: text.slice(0, first.at), stopReason: first.string } : { text, stopReason: null };
}

/**
 * Plans an answer: scripted if `script` is given, else made up. A made-up answer has exactly `maxTokens` tokens
 * (finish reason `length`), or `defaultTokens` if the client set no limit (finish reason `stop`, the end token included).
 *
 * @param limit tokens left in the context
 */
export function planAnswer(
  request: AnswerRequest,
  {
    script,
    defaultTokens,
    limit,
    seed,
  }: { script?: ScriptedAnswer; defaultTokens: number; limit: number; seed: number },
): PlannedAnswer {
  const longest = Math.min(request.maxTokens ?? limit, limit);
  const toolCalls = chooseToolCalls((script?.tool_calls ?? []).map(toToolCall), request);
  const effort = request.reasoningEffort ?? 'none';
  const thinks = script === undefined && effort !== 'none';
  const reasoning =
    script?.reasoning ?? (thinks ? madeUpText(REASONING_TOKENS[effort] ?? 16, seed ^ 0x5bd1e995) : undefined);
  const wanted = request.maxTokens === undefined ? Math.min(defaultTokens - 1, longest) : longest;
  const { text, stopReason } = cutAtStop(
    script?.content ?? (toolCalls.length > 0 ? '' : madeUpText(wanted, seed)),
    request.stop,
  );

  const ids: number[] = [];
  const deltas: (Delta | undefined)[] = [];
  const add = (text: string, delta: (piece: string) => Delta) => {
    for (const id of tokenIds(text)) ids.push(id);
    for (const piece of pieces(text)) deltas.push(delta(piece));
  };
  const mark = (id: number, delta?: Delta) => {
    ids.push(id);
    deltas.push(delta);
  };
  if (reasoning !== undefined && reasoning !== '') {
    mark(SPECIAL.reasoning);
    add(reasoning, (piece) => ({ kind: 'reasoning', text: piece }));
    mark(SPECIAL.reasoningEnd);
  }
  add(text, (piece) => ({ kind: 'content', text: piece }));
  const calls = stopReason === null ? toolCalls : [];
  calls.forEach((call, index) => {
    mark(SPECIAL.toolCall);
    for (const id of tokenIds(call.name)) mark(id);
    mark(SPECIAL.toolArguments, { kind: 'toolCall', index, name: call.name });
    add(call.arguments, (piece) => ({ kind: 'toolArguments', index, text: piece }));
  });
  mark(SPECIAL.end);
  if (ids.length > longest) {
    return {
      ids: ids.slice(0, longest),
      deltas: deltas.slice(0, longest),
      finishReason: 'length',
      stopReason: null,
    };
  }
  return { ids, deltas, finishReason: 'stop', stopReason };
}
