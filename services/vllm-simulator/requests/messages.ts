import { badRequest } from '../errors.ts';
import type { Message, ToolCall } from '../prompt.ts';
import type { ServerOptions } from '../server-options.ts';
import { isObject, type JsonObject } from './fields.ts';

const TEXT_PARTS = ['text', 'input_text', 'output_text', 'refusal', 'thinking', 'reasoning_text'];

/**
 * Text of a message's content: a string, or parts joined by line breaks.
 *
 * @throws RequestError for parts that are no text
 */
export function contentText(content: unknown, server: ServerOptions): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .map((part: unknown) => {
      if (typeof part === 'string') return part;
      const { type = 'text', text, refusal } = isObject(part) ? part : {};
      if (!TEXT_PARTS.includes(String(type))) throw badRequest(`${server.model} is not a multimodal model`);
      return String(text ?? refusal ?? '');
    })
    .join('\n');
}

function toolCalls(value: unknown): readonly ToolCall[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((call: unknown) => {
    const fn = isObject(call) ? call.function : undefined;
    return isObject(fn) ? [{ name: String(fn.name ?? ''), arguments: String(fn.arguments ?? '') }] : [];
  });
}

/** @throws RequestError */
function chatMessage(message: unknown, index: number, server: ServerOptions): Message {
  if (!isObject(message) || typeof message.role !== 'string') {
    throw badRequest(`messages[${index}] must be an object with a role`, 'messages');
  }
  const reasoning = message.reasoning ?? message.reasoning_content;
  return {
    role: message.role,
    content: contentText(message.content, server),
    reasoning: typeof reasoning === 'string' ? reasoning : undefined,
    toolCalls: toolCalls(message.tool_calls),
    toolCallId: typeof message.tool_call_id === 'string' ? message.tool_call_id : undefined,
  };
}

/** The messages of `/v1/chat/completions`. */
export function chatMessages(messages: readonly unknown[], server: ServerOptions): Message[] {
  return messages.map((message, index) => chatMessage(message, index, server));
}

function responseItem(item: JsonObject, server: ServerOptions): Message | undefined {
  switch (item.type ?? 'message') {
    case 'message':
      return { role: String(item.role ?? 'user'), content: contentText(item.content, server) };
    case 'function_call':
      return {
        role: 'assistant',
        content: '',
        toolCalls: [{ name: String(item.name ?? ''), arguments: String(item.arguments ?? '') }],
      };
    case 'function_call_output':
      return {
        role: 'tool',
        content: contentText(item.output, server),
        toolCallId: String(item.call_id ?? ''),
      };
    default:
      return undefined;
  }
}

function mergeAssistant(messages: readonly Message[]): Message[] {
  const merged: Message[] = [];
  for (const message of messages) {
    const previous = merged.at(-1);
    const continues =
      previous?.role === 'assistant' && message.role === 'assistant' && message.content === '';
    if (previous && continues) {
      merged[merged.length - 1] = {
        ...previous,
        toolCalls: [...(previous.toolCalls ?? []), ...(message.toolCalls ?? [])],
      };
    } else {
      merged.push(message);
    }
  }
  return merged;
}

/** The messages of `/v1/responses`: `instructions` first; calls that follow an answer belong to it. */
export function responseMessages(
  input: string | readonly unknown[],
  instructions: string | undefined,
  server: ServerOptions,
): Message[] {
  const items = typeof input === 'string' ? [{ role: 'user', content: input }] : input.filter(isObject);
  const messages = items.flatMap((item) => responseItem(item, server) ?? []);
  const first = instructions === undefined ? [] : [{ role: 'system', content: instructions }];
  return mergeAssistant([...first, ...messages]);
}
