import { visible } from '../../review/text/markdown.ts';
import type { ReviewResult } from '../commands/review.ts';
import type { Paint } from './style.ts';

/** A review for a terminal. Texts of the model lose what a terminal would obey. */
export function printReview(result: ReviewResult, paint: Paint): string {
  const { state, why, findings, docs, tests, testsRun, dropped, notRead } = result;
  if (state !== 'reviewed') return `not reviewed: ${visible(why ?? state)}`;
  return [
    ...findings.map(
      ({ path, line, side, severity, category, title, explanation }) =>
        `${visible(path)}:${line}${side === 'LEFT' ? ' (removed)' : ''} ${paint(severity === 'blocker' || severity === 'major' ? 'red' : 'yellow', severity)} ${category}: ${visible(title)}\n${indented(explanation)}`,
    ),
    ...(findings.length === 0 ? [paint('green', 'nothing was found')] : []),
    ...(docs === undefined || docs === ''
      ? []
      : [`documentation that the change makes false:\n${indented(docs)}`]),
    ...tests.map(
      ({ path, covers, content }) =>
        `${testsRun ? 'test' : 'test that nobody ran'}: ${path}: ${visible(covers)}\n${indented(content)}`,
    ),
    ...dropped.map(({ path, why: reason }) => `test dropped: ${path}: ${reason}`),
    ...notRead.map(({ path, why: reason }) => paint('yellow', `not read: ${visible(path)}: ${reason}`)),
    footer(result),
  ].join('\n');
}

function footer({
  findings,
  thrownOut,
  duplicates,
  model,
  promptTokens,
  completionTokens,
  costUsd,
}: ReviewResult): string {
  const cost = costUsd === undefined ? 'cost unknown' : `$${costUsd.toFixed(6)}`;
  return `${findings.length} findings, ${thrownOut} thrown out, ${duplicates} said before; ${model}, ${promptTokens} + ${completionTokens} tokens, ${cost}`;
}

function indented(text: string): string {
  return visible(text)
    .trimEnd()
    .split('\n')
    .map((line) => `    ${line}`)
    .join('\n');
}
