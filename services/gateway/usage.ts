import type { TokenUsage } from '../../contracts/price.ts';
import { isObject, isUnset } from './json.ts';

/** The `usage` object of chat completions and completions. Undefined: absent or not to be trusted. */
export function chatUsage(usage: unknown): TokenUsage | undefined {
  if (!isObject(usage)) return undefined;
  const { prompt_tokens, prompt_tokens_details, completion_tokens = 0 } = usage;
  return checked(prompt_tokens, prompt_tokens_details, completion_tokens);
}

/** The `usage` object of a response of /v1/responses. Undefined: absent or not to be trusted. */
export function responsesUsage(usage: unknown): TokenUsage | undefined {
  if (!isObject(usage)) return undefined;
  return checked(usage.input_tokens, usage.input_tokens_details, usage.output_tokens);
}

/** vLLM writes null where it does not know; some hosts leave the field out. Both mean unknown. */
function checked(prompt: unknown, details: unknown, completion: unknown): TokenUsage | undefined {
  if (!isCount(prompt) || !isCount(completion)) return undefined;
  if (isUnset(details)) return { prompt, completion };
  if (!isObject(details)) return undefined;
  const { cached_tokens: cached } = details;
  if (isUnset(cached)) return { prompt, completion };
  return isCount(cached) && cached <= prompt ? { prompt, cached, completion } : undefined;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
