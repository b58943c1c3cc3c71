/** Upper bounds, in seconds, of the gateway's histogram of first tokens. A threshold of latency is one of them, or it could not be counted. */
export const FIRST_TOKEN_BUCKETS = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 7.5, 10, 20, 30, 60,
] as const;
