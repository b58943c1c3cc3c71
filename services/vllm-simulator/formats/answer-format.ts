import type { Delta } from '../answers.ts';
import type { FinishReason } from '../engine-stats.ts';

/** Counts of a finished answer. */
export interface Usage {
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly cachedTokens: number;
  readonly createdCacheTokens: number;
  readonly reasoningTokens: number;
}

/** How an answer ended. */
export interface Ending {
  readonly reason: FinishReason;
  readonly stopReason: string | null;
  readonly usage: Usage;
}

/** The wire form of the answers of one endpoint, for one request. */
export interface AnswerFormat {
  /** The whole answer as JSON. */
  complete(deltas: readonly Delta[], ending: Ending): string;
  /** What a stream begins with, before there is any token. */
  opening(): string;
  /** Events for the next tokens. `generated` counts all tokens up to and with these. */
  tokens(deltas: readonly Delta[], generated: number, promptTokens: number): string;
  /** The last token's events (it may show nothing) and the end of the stream. */
  ending(deltas: readonly Delta[], ending: Ending): string;
}

/** Texts of an answer, put together. */
export interface AnswerParts {
  readonly content: string;
  readonly reasoning: string;
  readonly toolCalls: readonly { readonly name: string; readonly arguments: string }[];
}

export function assemble(deltas: readonly Delta[]): AnswerParts {
  let content = '';
  let reasoning = '';
  const toolCalls: { name: string; arguments: string }[] = [];
  for (const delta of deltas) {
    switch (delta.kind) {
      case 'content':
        content += delta.text;
        break;
      case 'reasoning':
        reasoning += delta.text;
        break;
      case 'toolCall':
        toolCalls.push({ name: delta.name, arguments: '' });
        break;
      case 'toolArguments': {
        const call = toolCalls[delta.index];
        if (call) call.arguments += delta.text;
      }
    }
  }
  return { content, reasoning, toolCalls };
}

/** Joins neighbours of one kind, as vLLM does with what a slow client has not taken yet. */
export function merge(deltas: readonly Delta[]): Delta[] {
  const merged: Delta[] = [];
  for (const delta of deltas) {
    const last = merged.at(-1);
    const joins = last !== undefined && last.kind === delta.kind && 'text' in last && 'text' in delta;
    const sameCall =
      last?.kind !== 'toolArguments' || delta.kind !== 'toolArguments' || last.index === delta.index;
    if (joins && sameCall) merged[merged.length - 1] = { ...last, text: last.text + delta.text };
    else merged.push(delta);
  }
  return merged;
}
