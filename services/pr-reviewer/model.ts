import OpenAI from 'openai';
import { RELEASE } from '../../contracts/headers.ts';
import { amountOf, type Price } from '../../contracts/price.ts';
import type { ModelAnswer, ModelRequest, ReviewModel } from '../../review/model.ts';
import { chatUsage } from '../gateway/usage.ts';

export interface GatewayModelProps {
  /** Up to and with `/v1`. */
  readonly baseUrl: string;
  readonly key: string;
  readonly model: string;
  /** Release → what its tokens cost. */
  readonly prices: Readonly<Record<string, Price>>;
}

const ANSWER_TIMEOUT_MS = 300_000;
const MOST_TOKENS = 16_384;
const PICO = 1e12;

/** A model behind the fleet's own gateway, asked with OpenAI's own client for answers of a given shape. */
export function gatewayModel({ baseUrl, key, model, prices }: GatewayModelProps): ReviewModel {
  const client = new OpenAI({ baseURL: baseUrl, apiKey: key, timeout: ANSWER_TIMEOUT_MS });
  return {
    async answer({ stage, messages, schema }: ModelRequest, signal: AbortSignal): Promise<ModelAnswer> {
      const { data, response } = await client.chat.completions
        .create(
          {
            model,
            messages: messages.map(({ role, content }) => ({ role, content })),
            response_format: { type: 'json_schema', json_schema: { name: stage, schema, strict: true } },
            max_completion_tokens: MOST_TOKENS,
          },
          { signal },
        )
        .withResponse();
      const [choice] = data.choices ?? [];
      if (choice === undefined) throw new Error('the gateway answers no chat completion: it has no choices');
      const usage = chatUsage(data.usage);
      const price = prices[response.headers.get(RELEASE) ?? ''];
      return {
        content: choice.message.content ?? '',
        calls: (choice.message.tool_calls ?? []).map((call) =>
          call.type === 'function' ? call.function.name : call.type,
        ),
        complete: choice.finish_reason !== 'length',
        usage: {
          promptTokens: usage?.prompt ?? 0,
          completionTokens: usage?.completion ?? 0,
          ...(usage === undefined || price === undefined
            ? {}
            : { costUsd: amountOf(usage, price).total / PICO }),
        },
      };
    },
  };
}
