import type { RequestRecord } from '../../../../../services/vllm-simulator/record.ts';

/** Prices in pico-dollars per token. */
interface TokenPrices {
  readonly input: number;
  readonly cached: number;
  readonly output: number;
}

/** What the servers' own records come to: `input`, which compression is about, and all of it. */
export function costOf(
  records: readonly RequestRecord[],
  prices: TokenPrices,
): { input: number; total: number } {
  let input = 0;
  let output = 0;
  for (const { promptTokens, cachedTokens, completionTokens } of records) {
    input += (promptTokens - cachedTokens) * prices.input + cachedTokens * prices.cached;
    output += completionTokens * prices.output;
  }
  return { input, total: input + output };
}

export function tokensOf(records: readonly RequestRecord[]): { prompt: number; cached: number } {
  return {
    prompt: records.reduce((sum, { promptTokens }) => sum + promptTokens, 0),
    cached: records.reduce((sum, { cachedTokens }) => sum + cachedTokens, 0),
  };
}
