import type { AspectResult, Verdict } from '../contracts/rollout.ts';
import type { RolloutSettings } from '../contracts/rollout-settings.ts';
import { aspectResults, LEAST_OBSERVATIONS } from './aspects.ts';
import { brokenGuards, worseThanBefore } from './guards.ts';
import { isConcurrent } from './margins.ts';
import type { Sample } from './sample.ts';
import { sumOf } from './scores.ts';
import { errorTallies } from './tallies.ts';
import { ASPECT_NAMES, countText, marginText, probabilityText, seenText } from './words.ts';

export interface Question {
  readonly settings: RolloutSettings;
  /** The step: percent of the band. */
  readonly percent: number;
  /** Which look of the step this is, of `settings.looks`. */
  readonly number: number;
  /** The p below which evidence of harm counts at this look. */
  readonly harmLevel: number;
  /** What was seen since the step's beginning. */
  readonly sample: Sample;
  /** What stable was like in the last step that had both; for the step that leaves stable nothing. */
  readonly baseline: readonly AspectResult[];
}

/**
 * One look at one step. `fail`: the canary is worse than stable, at any look. `pass`: at the last look it is shown not to be
 * worse by the margin, in every aspect. `inconclusive` before the last look: it goes on.
 */
export function judge(question: Question): Verdict {
  const { settings, percent, number, harmLevel, sample } = question;
  const levels = { harm: harmLevel, safe: 1 - settings.power };
  const results = isConcurrent(percent)
    ? aspectResults(sample, settings, percent, levels)
    : new Map<AspectResult['aspect'], undefined>();
  const aspects = [...results.values()].filter((result) => result !== undefined);
  const broken = brokenGuards(sample, settings, percent);
  const guards = broken.map(({ text }) => text);
  const answer = (verdict: Verdict['verdict'], sentence: string): Verdict => ({
    ...{ verdict, sentence, aspects, guards },
  });

  const harmed = aspects.filter(({ harm }) => harm < harmLevel);
  if (harmed.length > 0) return answer('fail', `The canary is worse than stable: ${harmText(harmed)}`);
  const own = broken.filter(({ both }) => !both);
  if (own.length > 0) return answer('fail', `The canary is sick: ${own.map(({ text }) => text).join('; ')}`);
  const sick = guards.length > 0 ? `Canary and stable are sick alike: ${guards.join('; ')}` : undefined;
  if (!isConcurrent(percent)) {
    const worse = worseThanBefore(sample, question.baseline, settings, harmLevel);
    if (worse.length > 0)
      return answer('fail', `The canary alone is worse than stable was: ${worse.join('; ')}`);
  }
  if (number < settings.looks)
    return answer(
      'inconclusive',
      sick ?? `Look ${number} of ${settings.looks}, goes on: ${summary(sample, aspects)}`,
    );
  if (sick !== undefined) return answer('inconclusive', sick);
  const unknown = [...results].filter(([, result]) => result === undefined).map(([aspect]) => aspect);
  const open = aspects.filter(({ safe, safeLevel }) => safe >= safeLevel);
  if (unknown.length + open.length > 0)
    return answer(
      'inconclusive',
      `Not decided: ${[...unknown.map(tooFew), ...open.map(openText)].join('; ')}`,
    );
  if (sumOf(errorTallies(sample).canary).count < LEAST_OBSERVATIONS)
    return answer('inconclusive', `Not decided: fewer than ${LEAST_OBSERVATIONS} requests to the canary`);
  if (!isConcurrent(percent))
    return answer('pass', `The canary kept to all bounds alone: ${summary(sample, aspects)}`);
  return answer('pass', `The canary is not worse by the margins: ${aspects.map(safeText).join('; ')}`);
}

function harmText(aspects: readonly AspectResult[]): string {
  return aspects
    .map(
      (result) =>
        `${seenText(result)} (${probabilityText(result.harm)}, counts below ${result.harmLevel.toFixed(5)})`,
    )
    .join('; ');
}

function safeText(result: AspectResult): string {
  return `${seenText(result)} (within ${marginText(result)}, ${probabilityText(result.safe)})`;
}

function openText(result: AspectResult): string {
  return (
    `${seenText(result)}: ${marginText(result)} cannot be excluded ` +
    `(${probabilityText(result.safe)}, needs ${result.safeLevel.toFixed(3)})`
  );
}

function tooFew(aspect: AspectResult['aspect']): string {
  return `too few observations for ${ASPECT_NAMES[aspect]}`;
}

function summary(sample: Sample, aspects: readonly AspectResult[]): string {
  if (aspects.length > 0) return aspects.map(seenText).join('; ');
  return `${countText(sumOf(errorTallies(sample).canary).count)} requests to the canary`;
}
