import type { TokensUnknown } from '../tokens/counter.ts';

/**
 * Why a conversation was not compressed.
 * - `unreachable`, `refused`, `cut`: no answer from the summariser, an answer that is an error, half an answer
 * - `empty`: an answer without a summary
 * - `timeout`: the time for the summaries of one request was over
 * - `too_large`, `busy`, `too_slow`, `failed`: its tokens could not be counted
 */
export const FAILURES = [
  'unreachable',
  'refused',
  'cut',
  'empty',
  'timeout',
  'too_large',
  'busy',
  'too_slow',
  'failed',
] as const satisfies readonly (TokensUnknown['reason'] | string)[];
export type FailureReason = (typeof FAILURES)[number];

export class CompressionFailed extends Error {
  readonly reason: FailureReason;

  constructor(reason: FailureReason) {
    super(`not compressed: ${reason}`);
    this.name = 'CompressionFailed';
    this.reason = reason;
  }
}
