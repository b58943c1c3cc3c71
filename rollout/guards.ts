import type { AspectResult } from '../contracts/rollout.ts';
import type { RolloutSettings } from '../contracts/rollout-settings.ts';
import { TALLIES } from './aspects.ts';
import { upperT } from './distributions.ts';
import { marginOf } from './margins.ts';
import type { Sample } from './sample.ts';
import { type Arms, meanOf, sumOf, type Tally } from './scores.ts';
import { errorTallies, firstTokenTallies, interTokenTallies } from './tallies.ts';
import { countText, percentText, secondsText } from './words.ts';

/** A bound that the canary has broken, and whether stable has broken it too. */
export interface Broken {
  readonly text: string;
  readonly both: boolean;
}

/** Bounds are checked at every look without a test, so they speak only when chance is next to none. */
const CERTAIN = 1e-4;
const LEAST = 50;

/** Bounds that hold whatever stable does. */
export function brokenGuards(sample: Sample, { guards }: RolloutSettings, percent: number): Broken[] {
  const errors = errorTallies(sample);
  return [
    ...bound('it fails', errors, guards.errorRatio, percentText),
    ...bound('first tokens take', together(firstTokenTallies(sample)), guards.firstTokenSeconds, secondsText),
    ...bound('gaps between tokens take', interTokenTallies(sample), guards.interTokenSeconds, secondsText),
    ...missing(errors, percent),
    ...coldCaches(firstTokenTallies(sample)),
  ];
}

function bound(
  what: string,
  { stable, canary }: Arms,
  limit: number | undefined,
  text: (value: number) => string,
): Broken[] {
  if (limit === undefined || !isBeyond(canary, limit)) return [];
  return [
    { text: `${what} ${text(meanOf(canary).mean)}, allowed ${text(limit)}`, both: isBeyond(stable, limit) },
  ];
}

function isBeyond(groups: readonly Tally[], limit: number): boolean {
  if (sumOf(groups).count < LEAST) return false;
  const { mean, variance, df } = meanOf(groups);
  if (mean <= limit) return false;
  return variance === 0 || upperT((mean - limit) / Math.sqrt(variance), df) < CERTAIN;
}

/**
 * The router hands a request on when the canary cannot be reached, and the release that answers is the one that is
 * counted: a canary that answers less than half of what it should is not there (a sample ratio mismatch).
 */
function missing({ stable, canary }: Arms, percent: number): Broken[] {
  if (percent >= 100) return [];
  const odds = percent / (100 - percent);
  const [s, c] = [sumOf(stable).count, sumOf(canary).count];
  if (s * odds < 2 * LEAST || c >= (s * odds) / 2) return [];
  const average = s / stable.length;
  const spread = stable.reduce((sum, { count }) => sum + (count - average) ** 2, 0);
  const variance = (spread * stable.length) / (stable.length - 1);
  const least = Math.max(variance, s);
  const deviation = Math.sqrt(odds * least + odds ** 2 * least);
  if (upperT((s * odds - c) / deviation, stable.length - 1) >= CERTAIN) return [];
  return [
    {
      text: `it answered ${countText(c)} requests where ${countText(s * odds)} were its share`,
      both: false,
    },
  ];
}

/** Latency is compared among equals, warm with warm: a canary that has lost its prefix cache shows here alone. */
function coldCaches(strata: readonly Arms[]): Broken[] {
  const [warm, cold] = strata;
  if (warm === undefined || cold === undefined) return [];
  const shareOf = (arm: keyof Arms) => {
    const [w, c] = [sumOf(warm[arm]).count, sumOf(cold[arm]).count];
    return w + c < 4 * LEAST ? undefined : c / (w + c);
  };
  const [stable, canary] = [shareOf('stable'), shareOf('canary')];
  if (stable === undefined || canary === undefined || canary - stable < COLDER) return [];
  const text = `${percentText(canary)} of its prompts are not in its prefix cache, ${percentText(stable)} of stable's`;
  return [{ text, both: false }];
}

/** Conversations that moved are cold once. More than that is the cache's fault. */
const COLDER = 0.5;

function together(strata: readonly Arms[]): Arms {
  const add = (arm: keyof Arms) =>
    (strata[0]?.[arm] ?? []).map((_, group) =>
      sumOf(strata.map((arms) => arms[arm][group] ?? { count: 0, total: 0 })),
    );
  return { stable: add('stable'), canary: add('canary') };
}

/**
 * For the step that leaves stable nothing: the canary against what stable was when both were last seen, twice the
 * margin beyond it, since time has passed and load has changed.
 */
export function worseThanBefore(
  sample: Sample,
  baseline: readonly AspectResult[],
  settings: RolloutSettings,
  level: number,
): string[] {
  return baseline.flatMap(({ aspect, stable }) => {
    if (aspect === 'slow_first_tokens') return [];
    const canary = together(TALLIES[aspect](sample)).canary;
    const margin = marginOf(settings, aspect, 100);
    const limit = aspect === 'errors' ? stable + 2 * margin : stable * margin ** 2;
    if (sumOf(canary).count < LEAST) return [];
    const { mean, variance, df } = meanOf(canary);
    const text = aspect === 'errors' ? percentText : secondsText;
    if (mean <= limit || (variance > 0 && upperT((mean - limit) / Math.sqrt(variance), df) >= level))
      return [];
    return [`${aspect.replaceAll('_', ' ')}: ${text(mean)}, stable had ${text(stable)} beside it`];
  });
}
