import { parentPort } from 'node:worker_threads';
import { countTokens } from 'gpt-tokenizer/encoding/o200k_harmony';
import { segments } from './segments.ts';

/** A program of its own: the gateway starts it as a thread when the first text is to be counted. */

/** What looks like a special token is text like any other. */
const TEXT_ONLY = { allowedSpecial: new Set<string>(), disallowedSpecial: new Set<string>() };

function count(text: string): number {
  return segments(text).reduce((sum, segment) => sum + countTokens(segment, TEXT_ONLY), 0);
}

const port = parentPort;
port?.on('message', ({ id, texts }: { readonly id: number; readonly texts: readonly string[] }) => {
  port.postMessage({ id, counts: texts.map(count) });
});
