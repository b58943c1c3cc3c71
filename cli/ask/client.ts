import type OpenAI from 'openai';
import type { ToolDefinition } from '../../ask/argument-schema.ts';
import type { Answer, Message, ToolCall } from '../../ask/messages.ts';
import { Failure, Interrupted } from '../errors.ts';
import type { Host } from './host.ts';

const ANSWER_TIMEOUT_MS = 300_000;
/** Enough for a dozen calls and what gpt-oss thinks before them. */
const MOST_TOKENS = 16_384;

/**
 * Asks a model over the OpenAI chat API, with OpenAI's own client.
 * @throws Failure that says what the host answered and what to do; Interrupted
 */
export async function chatModel(
  { baseUrl, key }: Host,
  model: string,
  signal: AbortSignal,
): Promise<(messages: readonly Message[], tools: readonly ToolDefinition[]) => Promise<Answer>> {
  const openai = await import('openai');
  const client = new openai.default({ baseURL: baseUrl, apiKey: key, timeout: ANSWER_TIMEOUT_MS });
  return async (messages, tools) => {
    try {
      const completion = await client.chat.completions.create(
        {
          model,
          messages: messages.map(messageParam),
          tools: tools.map((definition) => ({ type: 'function', function: { ...definition } })),
          max_completion_tokens: MOST_TOKENS,
        },
        { signal },
      );
      return answerOf(completion);
    } catch (error) {
      if (error instanceof openai.APIUserAbortError)
        throw new Interrupted('interrupted; nothing was written');
      if (error instanceof openai.APIError) throw new Failure(explained(error, baseUrl, model));
      throw error;
    }
  };
}

function messageParam(message: Message): OpenAI.ChatCompletionMessageParam {
  switch (message.role) {
    case 'tool':
      return { role: 'tool', tool_call_id: message.callId, content: message.content };
    case 'assistant': {
      const { content, calls, reasoning } = message;
      const given = {
        role: 'assistant' as const,
        content,
        ...(reasoning === undefined ? {} : { reasoning }),
      };
      if (calls.length === 0) return given;
      const toolCalls = calls.map(({ id, name, arguments: text }) => ({
        ...{ id, type: 'function' as const },
        function: { name, arguments: text },
      }));
      return { ...given, tool_calls: toolCalls };
    }
    default:
      return { role: message.role, content: message.content };
  }
}

/** @throws Failure for an answer that is no chat completion */
function answerOf({ choices, usage }: OpenAI.ChatCompletion): Answer {
  const [choice] = choices ?? [];
  if (choice === undefined) throw new Failure('the model host answers no chat completion: it has no choices');
  const { message, finish_reason: reason } = choice;
  const { reasoning } = message as { readonly reasoning?: unknown };
  return {
    content: message.content ?? '',
    calls: (message.tool_calls ?? []).flatMap(callOf),
    ...(typeof reasoning === 'string' && reasoning !== '' ? { reasoning } : {}),
    complete: reason !== 'length',
    promptTokens: usage?.prompt_tokens ?? 0,
    completionTokens: usage?.completion_tokens ?? 0,
  };
}

function callOf(call: OpenAI.ChatCompletionMessageToolCall): ToolCall[] {
  return call.type === 'function'
    ? [{ id: call.id, name: call.function.name, arguments: call.function.arguments }]
    : [];
}

interface Refusal {
  readonly status?: number;
  readonly message: string;
  readonly cause?: unknown;
}

/** What a model host's refusal means, and what to do. */
export function explained({ status, message, cause }: Refusal, baseUrl: string, model: string): string {
  const why = cause instanceof Error ? `${message} (${cause.message})` : message;
  if (status === undefined) return `${baseUrl}: ${why}; is the gateway up? \`fleet status\` says so`;
  if (status === 401 || status === 403)
    return `${baseUrl}: ${why}; give a key in FLEET_API_KEY (with --env) or OPENAI_API_KEY`;
  if (status === 404) return `${baseUrl}: ${why}; --model names another than ${model}`;
  return `${baseUrl}: ${why}`;
}
