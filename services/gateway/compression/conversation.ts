import { isObject, type Json } from '../json.ts';

/** One element of a conversation's list, as far as compression looks at it. */
export interface Entry {
  /** `instruction`: a system or developer message, which always stays. */
  readonly kind: 'instruction' | 'user' | 'assistant' | 'tool';
  /** Ids of the tool calls that it makes. */
  readonly asks: readonly string[];
  /** Id of the tool call whose result it is. */
  readonly answers?: string;
  /** Everything in it that the model reads. */
  readonly text: string;
  /** The same for the summariser, as plain data. */
  readonly record: Json;
}

/** Where an API keeps the conversation, and how a message of the gateway's own looks there. */
export interface ConversationShape {
  /** Member of the request that holds the list. */
  readonly member: 'messages' | 'input';
  /** Undefined: not a conversation that can be cut, it is passed on as it is. */
  read(body: Json): readonly Entry[] | undefined;
  message(text: string): Json;
}

const chat: ConversationShape = {
  member: 'messages',
  read: ({ messages }) => readAll(messages, chatEntry),
  message: (content) => ({ role: 'user', content }),
};

const responses: ConversationShape = {
  member: 'input',
  read: ({ input, previous_response_id, conversation }) =>
    isAbsent(previous_response_id) && isAbsent(conversation) ? readAll(input, itemEntry) : undefined,
  message: (text) => ({ type: 'message', role: 'user', content: [{ type: 'input_text', text }] }),
};

const SHAPES: Readonly<Record<string, ConversationShape>> = {
  '/v1/chat/completions': chat,
  '/v1/responses': responses,
};

/** @returns undefined for an API without conversations */
export function shapeOf(path: string): ConversationShape | undefined {
  return SHAPES[path];
}

/** One element that is not understood makes the whole list one that is left alone. */
function readAll(list: unknown, read: (item: Json) => Entry | undefined): readonly Entry[] | undefined {
  if (!Array.isArray(list)) return undefined;
  const entries = list.map((item: unknown) => (isObject(item) ? read(item) : undefined));
  return entries.every((entry) => entry !== undefined) ? entries : undefined;
}

function chatEntry(message: Json): Entry | undefined {
  const { role, content, name, tool_calls, function_call, tool_call_id } = message;
  const text = textOf(content);
  switch (role) {
    case 'system':
    case 'developer':
      return { kind: 'instruction', asks: [], text, record: { role, text } };
    case 'user':
      return { kind: 'user', asks: [], text, record: { role, name, text } };
    case 'tool': {
      const answers = String(tool_call_id);
      return { kind: 'tool', asks: [], answers, text, record: { role, call: tool_call_id, text } };
    }
    case 'function':
      return { kind: 'tool', asks: [], answers: legacyId(name), text, record: { role, name, text } };
    case 'assistant': {
      const calls = Array.isArray(tool_calls) ? tool_calls.filter(isObject) : [];
      const made = [...calls, ...(isObject(function_call) ? [{ function: function_call }] : [])].map(callOf);
      const ids = calls.map(({ id }) => String(id));
      return {
        kind: 'assistant',
        asks: isObject(function_call) ? [...ids, legacyId(function_call.name)] : ids,
        text: [text, ...made.flatMap((call) => [call.name, call.arguments])].join('\n'),
        record: { role, text, calls: made.length === 0 ? undefined : made },
      };
    }
    default:
      return undefined;
  }
}

function itemEntry(item: Json): Entry | undefined {
  const { type = 'message', role, call_id, name, output } = item;
  switch (type) {
    case 'message':
      return role === 'tool' || role === 'function'
        ? undefined
        : chatEntry({ role, name, content: item.content });
    case 'reasoning':
      return { kind: 'assistant', asks: [], text: textOf(item.summary), record: { role: 'assistant' } };
    case 'function_call': {
      const call = { id: call_id, name: String(name), arguments: String(item.arguments) };
      return {
        kind: 'assistant',
        asks: [String(call_id)],
        text: `${call.name}\n${call.arguments}`,
        record: { role: 'assistant', calls: [call] },
      };
    }
    case 'function_call_output': {
      const text = textOf(output);
      return {
        kind: 'tool',
        asks: [],
        answers: String(call_id),
        text,
        record: { role: 'tool', call: call_id, text },
      };
    }
    default:
      return undefined;
  }
}

function callOf({ id, function: called }: Json) {
  const { name, arguments: given } = isObject(called) ? called : {};
  return {
    id,
    name: String(name),
    arguments: typeof given === 'string' ? given : JSON.stringify(given ?? ''),
  };
}

/** Calls of the API before tools had no id: the function's name is all there is. */
function legacyId(name: unknown): string {
  return `function:${String(name)}`;
}

/** A string, or the text of its parts. What is no text is named, not quoted: an image is no use to a summary. */
function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .map((part: unknown) => {
      if (typeof part === 'string') return part;
      if (!isObject(part)) return '';
      const text = part.text ?? part.refusal;
      return typeof text === 'string' ? text : `[${String(part.type)}]`;
    })
    .join('\n');
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}
