import type { Delta } from '../answers.ts';
import { type AnswerFormat, assemble, type Ending, type Usage } from './answer-format.ts';

export interface ChatFormatOptions {
  /** `chatcmpl-…` */
  readonly id: string;
  /** Seconds since the epoch. */
  readonly created: number;
  readonly model: string;
  readonly systemFingerprint: string | null;
  /** Whether vLLM parses the output (reasoning or tool parser set): it then writes an empty delta for the end token. */
  readonly parsed: boolean;
  /** Whether tool calls are shown. */
  readonly showsToolCalls: boolean;
  /** `named`: the finish reason is `stop`; `none`, `auto`, `required` as in the request. */
  readonly toolChoice: 'none' | 'auto' | 'required' | 'named';
  readonly includeReasoning: boolean;
  readonly reasoningTokensDetails: boolean;
  readonly promptTokensDetails: boolean;
  readonly includeUsage: boolean;
  readonly continuousUsage: boolean;
  readonly toolCallId: () => string;
}

/** Details of the prompt's tokens; `created_cache_tokens` only where the endpoint knows it. */
export function promptDetails(usage: Usage): Record<string, number | null> {
  return {
    cached_tokens: usage.cachedTokens,
    created_cache_tokens: usage.createdCacheTokens,
    multimodal_tokens: null,
  };
}

/** `POST /v1/chat/completions` (vLLM: openai/chat_completion/serving.py). */
export function createChatFormat(options: ChatFormatOptions): AnswerFormat {
  const { id, created, model, systemFingerprint, parsed, includeUsage, continuousUsage } = options;
  const head = `data: ${JSON.stringify({ id, object: 'chat.completion.chunk', created, model }).slice(0, -1)}`;
  let opened = false;
  let reasoningTokens = 0;
  let sentToolCall = false;

  const visible = (delta: Delta): boolean => {
    if (delta.kind === 'reasoning') return options.includeReasoning;
    return delta.kind === 'content' || options.showsToolCalls;
  };
  const deltaJson = (delta: Delta): string => {
    switch (delta.kind) {
      case 'content':
      case 'reasoning':
        return `{"${delta.kind}":${JSON.stringify(delta.text)}}`;
      case 'toolCall': {
        sentToolCall = true;
        const fn = { name: delta.name, arguments: '' };
        return JSON.stringify({
          tool_calls: [{ id: options.toolCallId(), type: 'function', index: delta.index, function: fn }],
        });
      }
      case 'toolArguments':
        return JSON.stringify({ tool_calls: [{ index: delta.index, function: { arguments: delta.text } }] });
    }
  };
  const usageJson = (promptTokens: number, completionTokens: number): string => {
    if (!continuousUsage) return '';
    const usage = {
      prompt_tokens: promptTokens,
      total_tokens: promptTokens + completionTokens,
      completion_tokens: completionTokens,
      completion_tokens_details: options.reasoningTokensDetails
        ? { reasoning_tokens: reasoningTokens }
        : null,
    };
    return `,"usage":${JSON.stringify(usage)}`;
  };
  const roleChunk = (promptTokens: number): string => {
    if (opened) return '';
    opened = true;
    return `${head},"choices":[{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}]${usageJson(promptTokens, 0)},"prompt_token_ids":null,"prompt_text":null}\n\n`;
  };
  const events = (deltas: readonly Delta[], generated: number, promptTokens: number): string => {
    let text = '';
    deltas.forEach((delta, index) => {
      if (delta.kind === 'reasoning') reasoningTokens += 1;
      if (!visible(delta)) return;
      const count = generated - (deltas.length - 1 - index);
      text += `${head},"choices":[{"index":0,"delta":${deltaJson(delta)},"logprobs":null,"finish_reason":null,"token_ids":null}]${usageJson(promptTokens, count)}}\n\n`;
    });
    return text;
  };
  const finishReason = ({ reason }: Ending, calls: boolean): string =>
    calls && reason === 'stop' && options.toolChoice !== 'named' ? 'tool_calls' : reason;
  const finalUsage = ({ usage }: Ending): string => {
    const { cachedTokens, createdCacheTokens } = usage;
    return JSON.stringify({
      prompt_tokens: usage.promptTokens,
      total_tokens: usage.promptTokens + usage.completionTokens,
      completion_tokens: usage.completionTokens,
      ...(options.promptTokensDetails && {
        prompt_tokens_details: { cached_tokens: cachedTokens, created_cache_tokens: createdCacheTokens },
      }),
      ...(options.reasoningTokensDetails && {
        completion_tokens_details: { reasoning_tokens: usage.reasoningTokens },
      }),
    });
  };

  return {
    opening: () => '',
    tokens: (deltas, generated, promptTokens) =>
      roleChunk(promptTokens) + events(deltas, generated, promptTokens),
    ending(deltas, ending) {
      const { usage, stopReason } = ending;
      const fingerprintJson = JSON.stringify(systemFingerprint);
      let text = roleChunk(usage.promptTokens);
      const shown = deltas.filter(visible);
      const last = shown.at(-1);
      text += events(shown.slice(0, -1), usage.completionTokens - 1, usage.promptTokens);
      // A request aborted before its first token gets no choice at all.
      if (usage.completionTokens > 0) {
        const delta = last ? deltaJson(last) : parsed ? '{}' : '{"content":""}';
        const stamp =
          includeUsage || systemFingerprint === null ? '' : `,"system_fingerprint":${fingerprintJson}`;
        text += `${head},"choices":[{"index":0,"delta":${delta},"logprobs":null,"finish_reason":"${finishReason(ending, sentToolCall)}","stop_reason":${JSON.stringify(stopReason)},"token_ids":null}]${usageJson(usage.promptTokens, usage.completionTokens)}${stamp}}\n\n`;
      }
      if (includeUsage) {
        const stamp = systemFingerprint === null ? '' : `,"system_fingerprint":${fingerprintJson}`;
        text += `${head},"choices":[],"usage":${finalUsage(ending)}${stamp}}\n\n`;
      }
      return `${text}data: [DONE]\n\n`;
    },
    complete(deltas, ending) {
      const { content, reasoning, toolCalls } = assemble(deltas);
      const calls = options.showsToolCalls ? toolCalls : [];
      const forced = options.toolChoice === 'required' || options.toolChoice === 'named';
      const { usage } = ending;
      return JSON.stringify({
        id,
        object: 'chat.completion',
        created,
        model,
        choices: [
          {
            index: 0,
            message: {
              role: 'assistant',
              content: content === '' && parsed && !forced ? null : content,
              refusal: null,
              annotations: null,
              audio: null,
              function_call: null,
              ...(calls.length > 0 && {
                tool_calls: calls.map((fn) => ({ id: options.toolCallId(), type: 'function', function: fn })),
              }),
              reasoning: options.includeReasoning && reasoning !== '' ? reasoning : null,
            },
            logprobs: null,
            finish_reason: finishReason(ending, calls.length > 0),
            stop_reason: ending.stopReason,
            token_ids: null,
            routed_experts: null,
          },
        ],
        service_tier: null,
        system_fingerprint: systemFingerprint,
        usage: {
          prompt_tokens: usage.promptTokens,
          total_tokens: usage.promptTokens + usage.completionTokens,
          completion_tokens: usage.completionTokens,
          prompt_tokens_details: options.promptTokensDetails ? promptDetails(usage) : null,
          completion_tokens_details: options.reasoningTokensDetails
            ? { reasoning_tokens: usage.reasoningTokens }
            : null,
        },
        prompt_logprobs: null,
        prompt_token_ids: null,
        prompt_text: null,
        kv_transfer_params: null,
        ec_transfer_params: null,
        metrics: null,
      });
    },
  };
}
