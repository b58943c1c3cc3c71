import { type Price, picoDollarsPerToken, type TokenUsage } from '../../../contracts/price.ts';
import type { Saving } from './metrics.ts';

/** Estimates what compression saved, from what the upstream counted. */
export interface Savings {
  /**
   * @param conversation Its routing key.
   * @param removed Tokens that compression took out of this request.
   */
  of(conversation: string, removed: number, usage: TokenUsage, price: Price): Saving;
}

const MOST_CONVERSATIONS = 10_000;

/**
 * Without compression the prefix cache would have held the conversation as its last request left it. What is
 * missing of that in the upstream's count of cached tokens is a lost hit. Of a conversation that this
 * instance has not seen, or whose upstream does not tell cached tokens, no hit is taken for lost.
 */
export function createSavings(mostConversations = MOST_CONVERSATIONS): Savings {
  const lastPrompt = new Map<string, number>();
  return {
    of(conversation, removed, { prompt, cached }, price) {
      const seen = lastPrompt.get(conversation) ?? 0;
      lastPrompt.delete(conversation);
      lastPrompt.set(conversation, prompt + removed);
      const [oldest] = lastPrompt.keys();
      if (lastPrompt.size > mostConversations && oldest !== undefined) lastPrompt.delete(oldest);
      const input = picoDollarsPerToken(price.input);
      const discount = input - picoDollarsPerToken(price.cachedInput ?? price.input);
      const lost = cached === undefined || removed === 0 ? 0 : Math.max(0, seen - cached);
      return { gross: removed * input, lostCache: lost * discount };
    },
  };
}
