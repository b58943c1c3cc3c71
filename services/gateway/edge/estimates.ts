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
  bytes: number;
  prompt: number;
  milliseconds: number;
  completion: number;
}

const MEMORY = 0.98;
/** Before any answer was seen: four bytes a token, a hundred tokens a second. */
const AT_FIRST: Seen = { bytes: 4_000, prompt: 1_000, milliseconds: 1_000, completion: 100 };

export function createEstimates(): Estimates {
  const byModel = new Map<string, Seen>();
  const seen = (model: string) => byModel.get(model) ?? AT_FIRST;
  return {
    learn(model, bodyBytes, { prompt, completion }, milliseconds) {
      const before = seen(model);
      byModel.set(model, {
        bytes: before.bytes * MEMORY + bodyBytes,
        prompt: before.prompt * MEMORY + prompt,
        milliseconds: before.milliseconds * MEMORY + milliseconds,
        completion: before.completion * MEMORY + completion,
      });
    },
    promptTokens(model, bodyBytes) {
      const { bytes, prompt } = seen(model);
      return Math.max(1, Math.round((bodyBytes * prompt) / bytes));
    },
    tokensIn(model, elapsed) {
      const { milliseconds, completion } = seen(model);
      return Math.floor((elapsed * completion) / milliseconds);
    },
  };
}
