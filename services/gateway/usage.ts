import { z } from 'zod';
import type { TokenUsage } from '../../contracts/price.ts';

const Tokens = z.int().nonnegative();
/** vLLM writes null where it does not know; some hosts leave the field out. Both mean unknown. */
const Details = z.object({ cached_tokens: Tokens.nullish() }).nullish();

const ChatUsage = z.object({
  prompt_tokens: Tokens,
  completion_tokens: Tokens.default(0),
  prompt_tokens_details: Details,
});
const ResponsesUsage = z.object({
  input_tokens: Tokens,
  output_tokens: Tokens,
  input_tokens_details: Details,
});

/** The `usage` object of chat completions and completions. Undefined: absent or not to be trusted. */
export function chatUsage(usage: unknown): TokenUsage | undefined {
  const { data } = ChatUsage.safeParse(usage);
  return (
    data && checked(data.prompt_tokens, data.prompt_tokens_details?.cached_tokens, data.completion_tokens)
  );
}

/** The `usage` object of a response of /v1/responses. Undefined: absent or not to be trusted. */
export function responsesUsage(usage: unknown): TokenUsage | undefined {
  const { data } = ResponsesUsage.safeParse(usage);
  return data && checked(data.input_tokens, data.input_tokens_details?.cached_tokens, data.output_tokens);
}

function checked(
  prompt: number,
  cached: number | null | undefined,
  completion: number,
): TokenUsage | undefined {
  if (cached === null || cached === undefined) return { prompt, completion };
  return cached <= prompt ? { prompt, cached, completion } : undefined;
}
