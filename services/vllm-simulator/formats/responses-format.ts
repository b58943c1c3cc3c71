import type { Delta } from '../answers.ts';
import type { ResponsesEcho } from '../requests/responses-request.ts';
import { type AnswerFormat, assemble, type Ending } from './answer-format.ts';
import {
  createResponsesEvents,
  functionCallItem,
  messageItem,
  type OutputItem,
  reasoningItem,
} from './responses-events.ts';

export interface ResponsesFormatOptions {
  /** `resp_…` */
  readonly id: string;
  /** Seconds since the epoch. */
  readonly created: number;
  readonly model: string;
  readonly echo: ResponsesEcho;
  readonly includeReasoning: boolean;
  readonly showsToolCalls: boolean;
  /** gpt-oss models: counts per turn are filled. */
  readonly harmony: boolean;
  /** 16 hex digits. */
  readonly randomId: () => string;
}

/** Python writes floats with a fraction, always. */
const pythonFloat = (value: number): string => (Number.isInteger(value) ? `${value}.0` : String(value));

function usageJson({ usage }: Ending, harmony: boolean): string {
  const turn = (value: number) => (harmony ? [value] : []);
  return JSON.stringify({
    input_tokens: usage.promptTokens,
    input_tokens_details: {
      cached_tokens: usage.cachedTokens,
      cache_write_tokens: usage.createdCacheTokens,
      input_tokens_per_turn: turn(usage.promptTokens),
      cached_tokens_per_turn: turn(usage.cachedTokens),
    },
    output_tokens: usage.completionTokens,
    output_tokens_details: {
      reasoning_tokens: usage.reasoningTokens,
      tool_output_tokens: 0,
      output_tokens_per_turn: turn(usage.completionTokens),
      tool_output_tokens_per_turn: turn(0),
    },
    total_tokens: usage.promptTokens + usage.completionTokens,
  });
}

/** `POST /v1/responses` (vLLM: openai/responses/serving.py). Cached tokens are always told here. */
export function createResponsesFormat(options: ResponsesFormatOptions): AnswerFormat {
  const { id, created, model, echo, randomId } = options;

  const responseJson = (status: string, output: readonly OutputItem[], usage: string): string => {
    const incomplete = status === 'incomplete' ? { reason: 'max_output_tokens' } : null;
    const head = {
      id,
      created_at: created,
      incomplete_details: incomplete,
      instructions: echo.instructions,
      metadata: echo.metadata,
      model,
      object: 'response',
      output,
      parallel_tool_calls: echo.parallelToolCalls,
    };
    const middle = { tool_choice: echo.toolChoice, tools: echo.tools };
    const rest = {
      background: false,
      max_output_tokens: echo.maxOutputTokens,
      max_tool_calls: echo.maxToolCalls,
      previous_response_id: null,
      prompt: null,
      reasoning: echo.reasoning,
      service_tier: echo.serviceTier,
      status,
      text: echo.text,
      top_logprobs: null,
      truncation: echo.truncation,
    };
    const tail = {
      kv_transfer_params: null,
      ec_transfer_params: null,
      input_messages: null,
      output_messages: null,
    };
    const inner = (value: object) => JSON.stringify(value).slice(1, -1);
    return `{${[
      inner(head),
      `"temperature":${pythonFloat(echo.temperature)}`,
      inner(middle),
      `"top_p":${pythonFloat(echo.topP)}`,
      inner(rest),
      `"usage":${usage}`,
      `"user":${JSON.stringify(echo.user)}`,
      `"presence_penalty":${pythonFloat(echo.presencePenalty)}`,
      `"frequency_penalty":${pythonFloat(echo.frequencyPenalty)}`,
      inner(tail),
    ].join(',')}}`;
  };
  const shown = (deltas: readonly Delta[]) =>
    deltas.filter(({ kind }) => {
      if (kind === 'reasoning') return options.includeReasoning;
      return kind === 'content' || options.showsToolCalls;
    });
  const statusOf = ({ reason }: Ending): string =>
    reason === 'length' ? 'incomplete' : reason === 'abort' && options.harmony ? 'cancelled' : 'completed';

  const events = createResponsesEvents(randomId);
  return {
    opening() {
      const response = responseJson('in_progress', [], 'null');
      return (
        events.response('response.created', response) + events.response('response.in_progress', response)
      );
    },
    tokens: (deltas) => shown(deltas).map(events.delta).join(''),
    ending(deltas, ending) {
      const text = shown(deltas).map(events.delta).join('') + events.close();
      const response = responseJson(statusOf(ending), events.items, usageJson(ending, options.harmony));
      return text + events.response('response.completed', response);
    },
    complete(deltas, ending) {
      const { content, reasoning, toolCalls } = assemble(shown(deltas));
      const output = [
        ...(reasoning === '' ? [] : [reasoningItem(`rs_${randomId()}`, reasoning, null)]),
        ...(content === '' ? [] : [messageItem(`msg_${randomId()}`, content, 'completed')]),
        ...toolCalls.map((call) =>
          functionCallItem(
            `fc_${randomId()}`,
            `chatcmpl-tool-${randomId()}`,
            call.name,
            call.arguments,
            'completed',
          ),
        ),
      ];
      return responseJson(statusOf(ending), output, usageJson(ending, options.harmony));
    },
  };
}
