/**
 * What the gateway counts for the judge of rollouts, once per request when it ends, for releases with a role. Labels:
 * `model`, `release`, `group` (`trialGroup`).
 */
export const TRIAL_METRICS = {
  /** Counter, also by `outcome`: `ok` or `error` (5xx, 429, cut streams). Requests whose client left, or erred (other 4xx), are neither. */
  requests: 'oss_trial_requests_total',
  /** Histogram, also by `cache`: whether the server had most of the prompt in its prefix cache. */
  firstToken: 'oss_trial_first_token_seconds',
  /** Histogram of the mean gap of each stream. */
  interToken: 'oss_trial_inter_token_seconds',
} as const;

/** Did most of the prompt come from the prefix cache? `unknown`: the server did not say. */
export const CACHES = ['warm', 'cold', 'unknown'] as const;
export type Cache = (typeof CACHES)[number];

/** Coarse, because means come from the sum: buckets only tell slow from not slow. */
export const TRIAL_FIRST_TOKEN_BUCKETS = [0.05, 0.1, 0.2, 0.35, 0.6, 1, 1.7, 3, 5, 9, 16, 30];
export const TRIAL_INTER_TOKEN_BUCKETS = [0.005, 0.01, 0.02, 0.04, 0.08, 0.2, 1];

/** How many groups there are. */
export const TRIAL_GROUPS = 16;

/**
 * The group that a conversation belongs to, on every gateway and in every release: the first hex digit of its routing
 * key. Requests of one conversation are not independent, groups are: their spread gives the variance, and nothing needs
 * to be remembered of any conversation.
 */
export function trialGroup(routingKey: string): string {
  return routingKey.slice(0, 1);
}
