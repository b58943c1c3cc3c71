/** Keeps retries a small share of requests, so that an outage is not answered with a multiple of the load. */
export interface RetryBudget {
  /** A request was sent for the first time. */
  earn(): void;
  /** Whether one more may be sent again. */
  spend(): boolean;
}

/** @param share Retries per request in the long run. @param burst Retries that may have been saved up. */
export function createRetryBudget({ share = 0.2, burst = 20 } = {}): RetryBudget {
  let saved = burst;
  return {
    earn() {
      saved = Math.min(burst, saved + share);
    },
    spend() {
      if (saved < 1) return false;
      saved -= 1;
      return true;
    },
  };
}
