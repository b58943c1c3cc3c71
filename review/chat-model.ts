import type OpenAI from 'openai';
import { RELEASE } from '../contracts/headers.ts';
import { amountOf, type Price, toDollars } from '../contracts/price.ts';
import type { ModelAnswer, ReviewModel } from './model.ts';

export interface ChatModelProps {
  /** Model that is asked where a request names none. */
  readonly model: string;
  /** What the tokens of a model cost, at the release that served it. Undefined: unknown. */
  readonly priceOf: (model: string, release: string | undefined) => Price | undefined;
}

/** Enough for thirty findings and what gpt-oss thinks before them. */
const MOST_TOKENS = 16_384;

/** A model over the OpenAI chat API, asked for answers of a given shape. `client` holds address and key. */
export function chatModel(
  client: Pick<OpenAI, 'chat'>,
  { model: usual, priceOf }: ChatModelProps,
): ReviewModel {
  return {
    answer: async ({ stage, model = usual, messages, schema }, signal) => {
      const { data, response } = await client.chat.completions
        .create(
          {
            model,
            messages: messages.map((message) => ({ ...message })),
            response_format: {
              type: 'json_schema',
              json_schema: { name: stage, strict: true, schema: { ...schema } },
            },
            max_completion_tokens: MOST_TOKENS,
          },
          { signal },
        )
        .withResponse();
      return answerOf(data, priceOf(model, response.headers.get(RELEASE) ?? undefined));
    },
  };
}

function answerOf({ choices, usage }: OpenAI.ChatCompletion, price: Price | undefined): ModelAnswer {
  const [choice] = choices ?? [];
  const prompt = usage?.prompt_tokens;
  const completion = usage?.completion_tokens;
  const cached = usage?.prompt_tokens_details?.cached_tokens;
  const costUsd =
    price === undefined || prompt === undefined || completion === undefined
      ? undefined
      : toDollars(amountOf({ prompt, cached, completion }, price).total);
  return {
    content: choice?.message.content ?? '',
    calls: (choice?.message.tool_calls ?? []).map((call) =>
      call.type === 'function' ? call.function.name : call.type,
    ),
    complete: choice !== undefined && choice.finish_reason !== 'length',
    usage: {
      promptTokens: prompt ?? 0,
      completionTokens: completion ?? 0,
      ...(costUsd === undefined ? {} : { costUsd }),
    },
  };
}
