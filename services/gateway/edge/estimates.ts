import type { TokenUsage } from '../../../contracts/price.ts';

/** Guesses for requests whose tokens nobody reported, from those of the same model whose tokens were. */
export interface Estimates {
  /** @param milliseconds From sending the request to the end of its answer. */
  learn(model: string, bodyBytes: number, usage: TokenUsage, milliseconds: number): void;
  promptTokens(model: string, bodyBytes: number): number;
  /** Tokens generated in that time for a request whose answer was not seen. */
  tokensIn(model: string, milliseconds: number): number;
}

/** Sums of the latest requests; each one before weighs a little less. */
interface Seen {
  readonly requests: number;
  readonly bytes: number;
  readonly prompt: number;
  readonly milliseconds: number;
  readonly completion: number;
  readonly completionSquares: number;
  readonly products: number;
}

const MEMORY = 0.98;
/** Before any answer was seen: four bytes a token, a hundred tokens a second, no time before the first. */
const AT_FIRST: Seen = {
  requests: 2,
  bytes: 4_000,
  prompt: 1_000,
  milliseconds: 1_000,
  completion: 100,
  completionSquares: 10_000,
  products: 100_000,
};

/** An answer takes a time that does not depend on its length, and one for each token: queue and prompt, then tokens. */
export function createEstimates(): Estimates {
  const byModel = new Map<string, Seen>();
  const seen = (model: string) => byModel.get(model) ?? AT_FIRST;
  return {
    learn(model, bodyBytes, { prompt, completion }, milliseconds) {
      const before = seen(model);
      byModel.set(model, {
        requests: before.requests * MEMORY + 1,
        bytes: before.bytes * MEMORY + bodyBytes,
        prompt: before.prompt * MEMORY + prompt,
        milliseconds: before.milliseconds * MEMORY + milliseconds,
        completion: before.completion * MEMORY + completion,
        completionSquares: before.completionSquares * MEMORY + completion ** 2,
        products: before.products * MEMORY + completion * milliseconds,
      });
    },
    promptTokens(model, bodyBytes) {
      const { bytes, prompt } = seen(model);
      return Math.max(1, Math.round((bodyBytes * prompt) / bytes));
    },
    tokensIn(model, elapsed) {
      const { before, perToken } = paceOf(seen(model));
      return Math.max(0, Math.floor((elapsed - before) / perToken));
    },
  };
}

/** By least squares. Where lengths or times say nothing of it, all of the time is taken for that of tokens. */
function paceOf({ requests, milliseconds, completion, completionSquares, products }: Seen): {
  readonly before: number;
  readonly perToken: number;
} {
  const spread = completionSquares - completion ** 2 / requests;
  const perToken = (products - (completion * milliseconds) / requests) / spread;
  const before = (milliseconds - perToken * completion) / requests;
  const isSane = spread > requests && perToken > 0 && before > 0;
  return isSane ? { before, perToken } : { before: 0, perToken: milliseconds / completion };
}
