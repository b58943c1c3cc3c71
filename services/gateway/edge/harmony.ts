import type { ApiError } from '../../common/http/errors.ts';
import { NO_CLIENT_RETRY, upstreamError } from '../http/errors.ts';
import { isObject, type Json } from '../json.ts';

/**
 * What gpt-oss servers let through of Harmony, the format that the model writes in: a tool's name with format tokens
 * on it (vllm#32587), a tool that was not offered, and format tokens in text (TensorRT-LLM#9256).
 */
export const LEAKS = ['tool_name', 'unknown_tool', 'text'] as const;
export type Leak = (typeof LEAKS)[number];
export const LEAK_OUTCOMES = ['repaired', 'refused'] as const;
export type LeakOutcome = (typeof LEAK_OUTCOMES)[number];

const TOKEN = /<\|(?:start|end|message|channel|constrain|return|call)\|>/;
const LAST_TOKENS = /(?:<\|(?:end|return|call)\|>)+\s*$/;
const MESSAGE = /(?:<\|start\|>assistant)?<\|channel\|>(analysis|commentary|final)<\|message\|>/g;

interface GuardProps {
  /** The request: its tools, and whether it talks of the format itself. */
  readonly json: Json;
  readonly body: Buffer;
  /** Is told of each. */
  readonly found: { leaked(leak: Leak, outcome: LeakOutcome): void };
}

class Refused extends Error {}

/**
 * Mends the answers to one request where there is no doubt what was meant.
 *
 * Text is left alone where the request itself contains format tokens: then the answer may well talk of them. In a
 * stream a token is only seen where a server sends it in one piece, which it does with those that are no text.
 */
export class HarmonyGuard {
  /** Why something was refused. */
  refusal: ApiError | undefined;
  readonly #props: GuardProps;
  #offered: ReadonlySet<string> | undefined;
  #talksOfIt: boolean | undefined;

  constructor(props: GuardProps) {
    this.#props = props;
  }

  /** Whether this part of an answer is worth a look; quick, and true for many that are fine. */
  suspects(json: string): boolean {
    return (
      json.includes('<|') || json.includes('\\u003c|') || (json.includes('"name"') && json.includes('_call'))
    );
  }

  /**
   * @param part A whole answer or the data of one event.
   * @returns the part itself if it is fine, a mended copy, or undefined if it is refused
   */
  mend(part: Json, streamed: boolean): Json | undefined {
    try {
      const before = JSON.stringify(part);
      const read = streamed ? part : withMessages(part, (message) => this.#mendMessage(message));
      const mended = this.#mendMembers(read, false);
      return JSON.stringify(mended) === before ? part : mended;
    } catch (error) {
      if (error instanceof Refused) return undefined;
      throw error;
    }
  }

  #refuse(leak: Leak): never {
    this.#props.found.leaked(leak, 'refused');
    this.refusal = refusalOf(leak);
    throw new Refused();
  }

  #talksOfTokens(): boolean {
    this.#talksOfIt ??= this.#props.body.includes('<|');
    return this.#talksOfIt;
  }

  #mendName(name: string): string {
    this.#offered ??= toolsOf(this.#props.json);
    if (name === '' || this.#offered.has(name)) return name;
    const bare = name
      .replace(/<\|[\s\S]*$/, '')
      .replace(/^(?:to=)?functions\./, '')
      .trim();
    if (!this.#offered.has(bare)) return this.#refuse('unknown_tool');
    this.#props.found.leaked('tool_name', 'repaired');
    return bare;
  }

  #mendText(text: string): string {
    if (!TOKEN.test(text) || this.#talksOfTokens()) return text;
    const rest = text.replace(LAST_TOKENS, '');
    if (TOKEN.test(rest)) return this.#refuse('text');
    this.#props.found.leaked('text', 'repaired');
    return rest;
  }

  /** A whole message that is still in the format: thoughts and answer are told apart as the server should have. */
  #mendMessage(message: Json): Json {
    const { content } = message;
    if (typeof content !== 'string' || content.search(MESSAGE) !== 0 || this.#talksOfTokens()) return message;
    const [, ...parts] = content.replace(LAST_TOKENS, '').split(MESSAGE);
    const said: Record<string, string> = {};
    for (let at = 0; at + 1 < parts.length; at += 2) {
      const [channel = '', text = ''] = [parts[at], parts[at + 1]];
      const kind = channel === 'analysis' ? 'reasoning' : 'content';
      said[kind] = (said[kind] ?? '') + text.replace(LAST_TOKENS, '');
    }
    if (said.content === undefined || Object.values(said).some((text) => TOKEN.test(text))) return message;
    this.#props.found.leaked('text', 'repaired');
    return { ...message, ...said };
  }

  #mendValue(value: unknown, name: string, inCall: boolean): unknown {
    if (typeof value === 'string') {
      if (inCall && name === 'name') return this.#mendName(value);
      return TEXTS.has(name) ? this.#mendText(value) : value;
    }
    const inside = inCall || CALLS.has(name);
    if (Array.isArray(value)) return value.map((each) => this.#mendValue(each, name, inside));
    return isObject(value) ? this.#mendMembers(value, inside) : value;
  }

  #mendMembers(members: Json, inCall: boolean): Json {
    const isCall = inCall || CALL_TYPES.has(members.type);
    const leave = (name: string) => UNTOUCHED.has(name) || (name === 'delta' && isArguments(members));
    return Object.fromEntries(
      Object.entries(members).map(([name, value]) => [
        name,
        leave(name) ? value : this.#mendValue(value, name, isCall),
      ]),
    );
  }
}

/** Events of /v1/responses whose `delta` is a piece of JSON that the client puts together. */
function isArguments({ type }: Json): boolean {
  return typeof type === 'string' && type.includes('arguments');
}

/** Members that hold calls of tools, and types of objects that are one. */
const CALLS: ReadonlySet<string> = new Set(['tool_calls', 'function_call']);
const CALL_TYPES: ReadonlySet<unknown> = new Set([
  'function_call',
  'custom_tool_call',
  'response.function_call_arguments.done',
]);
/** Members that hold text of the model, in all of the APIs. */
const TEXTS: ReadonlySet<string> = new Set(['content', 'reasoning', 'reasoning_content', 'text', 'delta']);
/** Echoes of the request, and text that is data of its own. */
const UNTOUCHED: ReadonlySet<string> = new Set([
  'tools',
  'instructions',
  'input',
  'arguments',
  'metadata',
  'logprobs',
  'tool_choice',
  'usage',
]);

function withMessages(answer: Json, change: (message: Json) => Json): Json {
  if (!Array.isArray(answer.choices)) return answer;
  const choices = answer.choices.map((choice: unknown) =>
    isObject(choice) && isObject(choice.message) ? { ...choice, message: change(choice.message) } : choice,
  );
  return { ...answer, choices };
}

/** Names of tools in a request, by the shapes of all APIs. */
function toolsOf({ tools, functions }: Json): ReadonlySet<string> {
  const all = [tools, functions].flatMap((list) => (Array.isArray(list) ? list.filter(isObject) : []));
  return new Set(
    all.flatMap((tool) =>
      [tool.function, tool.custom, tool].flatMap((holder) =>
        isObject(holder) && typeof holder.name === 'string' ? [holder.name] : [],
      ),
    ),
  );
}

function refusalOf(leak: Leak): ApiError {
  const [code, message] =
    leak === 'unknown_tool'
      ? [
          'unknown_tool',
          'The model called a tool that the request does not offer. Nothing of that call is passed on.',
        ]
      : [
          'harmony_leak',
          'The server passed on raw tokens of the model’s format, so the answer cannot be trusted.',
        ];
  return upstreamError(502, code, message, NO_CLIENT_RETRY);
}
