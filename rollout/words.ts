import type { Aspect, AspectResult } from '../contracts/rollout.ts';

export function percentText(ratio: number): string {
  return `${(ratio * 100).toFixed(2)} %`;
}

export function secondsText(seconds: number): string {
  return seconds < 1 ? `${(seconds * 1000).toFixed(seconds < 0.1 ? 1 : 0)} ms` : `${seconds.toFixed(2)} s`;
}

export function countText(count: number): string {
  return Math.round(count).toLocaleString('en-US');
}

export function probabilityText(p: number): string {
  return p < 0.0001 ? 'p < 0.0001' : `p ${p.toFixed(p < 0.01 ? 4 : 3)}`;
}

export const ASPECT_NAMES: Readonly<Record<Aspect, string>> = {
  errors: 'errors',
  first_token: 'time to first token',
  slow_first_tokens: 'slow first tokens',
  inter_token: 'time between tokens',
};

/** `errors 3.41 % of 1,204, stable 0.52 % of 23,001` */
export function seenText({ aspect, stable, canary, observations }: AspectResult): string {
  const value = aspect === 'errors' || aspect === 'slow_first_tokens' ? percentText : secondsText;
  return (
    `${ASPECT_NAMES[aspect]} ${value(canary)} of ${countText(observations.canary)}, ` +
    `stable ${value(stable)} of ${countText(observations.stable)}`
  );
}

/** `+0.50 points`, `×1.15` */
export function marginText({ aspect, margin }: Pick<AspectResult, 'aspect' | 'margin'>): string {
  return aspect === 'errors' ? `+${(margin * 100).toFixed(2)} points` : `×${margin.toFixed(2)}`;
}
