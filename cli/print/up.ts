import type { UpResult } from '../commands/up.ts';
import { type Paint, table } from './style.ts';

const EXAMPLES = 3;

/** Addresses, commands to paste, and how long it took. */
export function printUp(result: UpResult, paint: Paint): string {
  const { environment, addresses, skipped, answers, seconds } = result;
  const paragraphs = [
    addresses.length === 0
      ? ''
      : table(
          ['part', 'address'],
          addresses.map(({ part, address }) => [part, address]),
          paint,
        ),
    curls(result).join('\n'),
    skipped === undefined ? '' : paint('yellow', `no smoke test: ${skipped}`),
    answers === undefined
      ? ''
      : `answered: ${answers.map(({ model, milliseconds }) => `${model} in ${milliseconds} ms`).join(', ')}`,
    paint('green', `${environment} runs, ${seconds.toFixed(1)} s`),
  ];
  return paragraphs.filter((paragraph) => paragraph !== '').join('\n\n');
}

/** One request per model, each a line that a POSIX shell takes as it is. */
export function curls({ baseUrl, models, key }: Pick<UpResult, 'baseUrl' | 'models' | 'key'>): string[] {
  if (baseUrl === undefined) return [];
  const quote = key.startsWith('$') ? '"' : "'";
  return models.slice(0, EXAMPLES).map((model) => {
    const body = JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello' }] });
    return [
      `curl ${baseUrl}/chat/completions`,
      `-H ${quote}Authorization: Bearer ${key}${quote}`,
      "-H 'Content-Type: application/json'",
      `-d '${body}'`,
    ].join(' ');
  });
}
