import type { Delta } from '../answers.ts';
import { type AnswerFormat, assemble, type Ending } from './answer-format.ts';

export interface CompletionFormatOptions {
  /** `cmpl-…` */
  readonly id: string;
  /** Seconds since the epoch. */
  readonly created: number;
  readonly model: string;
  readonly systemFingerprint: string | null;
  readonly promptTokensDetails: boolean;
  readonly includeUsage: boolean;
  readonly continuousUsage: boolean;
}

/** `POST /v1/completions` (vLLM: openai/completion/serving.py). */
export function createCompletionFormat(options: CompletionFormatOptions): AnswerFormat {
  const { id, created, model, systemFingerprint, includeUsage, continuousUsage, promptTokensDetails } =
    options;
  const head = `data: ${JSON.stringify({ id, object: 'text_completion', created, model }).slice(0, -1)}`;

  const usageJson = (promptTokens: number, completionTokens: number): string => {
    if (!continuousUsage) return '';
    const total = promptTokens + completionTokens;
    return `,"usage":{"prompt_tokens":${promptTokens},"total_tokens":${total},"completion_tokens":${completionTokens}}`;
  };
  const chunk = (text: string, finish: string, stop: string, more: string): string =>
    `${head},"choices":[{"index":0,"text":${JSON.stringify(text)},"logprobs":null,"finish_reason":${finish},"stop_reason":${stop},"prompt_token_ids":null,"token_ids":null}]${more}}\n\n`;
  const textOf = (delta: Delta | undefined) => (delta?.kind === 'content' ? delta.text : '');

  const finalUsage = ({ usage }: Ending): string =>
    JSON.stringify({
      prompt_tokens: usage.promptTokens,
      total_tokens: usage.promptTokens + usage.completionTokens,
      completion_tokens: usage.completionTokens,
      ...(promptTokensDetails && { prompt_tokens_details: { cached_tokens: usage.cachedTokens } }),
    });
  const tokens: AnswerFormat['tokens'] = (deltas, generated, promptTokens) =>
    deltas
      .map((delta, index) => {
        const count = generated - (deltas.length - 1 - index);
        return chunk(textOf(delta), 'null', 'null', usageJson(promptTokens, count));
      })
      .join('');

  return {
    opening: () => '',
    tokens,
    ending(deltas, ending) {
      const { usage, reason, stopReason } = ending;
      const stamp =
        systemFingerprint === null ? '' : `,"system_fingerprint":${JSON.stringify(systemFingerprint)}`;
      let text = tokens(deltas.slice(0, -1), usage.completionTokens - 1, usage.promptTokens);
      if (usage.completionTokens > 0) {
        const more = `${usageJson(usage.promptTokens, usage.completionTokens)}${includeUsage ? '' : stamp}`;
        text += chunk(textOf(deltas.at(-1)), `"${reason}"`, JSON.stringify(stopReason), more);
      }
      if (includeUsage) text += `${head},"choices":[],"usage":${finalUsage(ending)}${stamp}}\n\n`;
      return `${text}data: [DONE]\n\n`;
    },
    complete(deltas, { usage, reason, stopReason }) {
      return JSON.stringify({
        id,
        object: 'text_completion',
        created,
        model,
        choices: [
          {
            index: 0,
            text: assemble(deltas).content,
            logprobs: null,
            finish_reason: reason,
            stop_reason: stopReason,
            token_ids: null,
            prompt_logprobs: null,
            prompt_token_ids: null,
            routed_experts: null,
          },
        ],
        service_tier: null,
        system_fingerprint: systemFingerprint,
        usage: {
          prompt_tokens: usage.promptTokens,
          total_tokens: usage.promptTokens + usage.completionTokens,
          completion_tokens: usage.completionTokens,
          prompt_tokens_details: promptTokensDetails
            ? { cached_tokens: usage.cachedTokens, created_cache_tokens: null, multimodal_tokens: null }
            : null,
          completion_tokens_details: null,
        },
        kv_transfer_params: null,
        ec_transfer_params: null,
        metrics: null,
      });
    },
  };
}
