/**
 * Money. Amounts are integers in pico-dollars (10⁻¹² USD) until they are shown: $0.15 per million
 * tokens is 150,000 pico-dollars per token.
 */
export interface Price {
  /** USD per million prompt tokens that were computed. */
  readonly input: number;
  /** USD per million prompt tokens that came from the prefix cache. @default - the input price */
  readonly cachedInput?: number;
  /** USD per million generated tokens. */
  readonly output: number;
}

/** Tokens of one answered request. `cached` is part of `prompt`; undefined means unknown, which is not zero. */
export interface TokenUsage {
  readonly prompt: number;
  readonly cached?: number;
  readonly completion: number;
}

/** What one request cost, in pico-dollars. The three parts always add up to `total`. */
export interface Amount {
  readonly input: number;
  readonly cachedInput: number;
  readonly output: number;
  readonly total: number;
}

const PICO_PER_MILLION_TOKENS = 1e6;

/** USD per million tokens → pico-dollars per token, rounded to an integer. */
export function picoDollarsPerToken(usdPerMillion: number): number {
  return Math.round(usdPerMillion * PICO_PER_MILLION_TOKENS);
}

/** Prices one request. Unknown cached tokens are charged at the full input price. */
export function amountOf(usage: TokenUsage, price: Price): Amount {
  const cached = usage.cached ?? 0;
  const input = (usage.prompt - cached) * picoDollarsPerToken(price.input);
  const cachedInput = cached * picoDollarsPerToken(price.cachedInput ?? price.input);
  const output = usage.completion * picoDollarsPerToken(price.output);
  return { input, cachedInput, output, total: input + cachedInput + output };
}

/** Pico-dollars → USD, for metrics and tables only. */
export function toDollars(picoDollars: number): number {
  return picoDollars / 1e12;
}
