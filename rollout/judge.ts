import type { AspectResult, Look, Verdict } from '../contracts/rollout.ts';
import type { RolloutSettings } from '../contracts/rollout-settings.ts';
import type { Sample } from './sample.ts';

export interface Question {
  readonly settings: RolloutSettings;
  /** The step: percent of the band. */
  readonly percent: number;
  /** Which look of the step this is, of `settings.looks`. */
  readonly number: number;
  /** The looks of the step before this one. */
  readonly looks: readonly Look[];
  readonly sample: Sample;
  /** What stable was like in the last step that had both; for the step that leaves stable nothing. */
  readonly baseline: readonly AspectResult[];
}

/** One look at one step. */
export function judge(_question: Question): Verdict {
  return { verdict: 'inconclusive', sentence: 'not judged yet', aspects: [], guards: [] };
}
