const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** Seconds of a duration as environments write it: `30m`. */
export function durationSeconds(duration: string): number {
  const [, count, unit] = /^(\d+)([smhd])$/.exec(duration) ?? [];
  if (count === undefined || unit === undefined) throw new Error(`not a duration: ${duration}`);
  return Number(count) * SECONDS[unit as keyof typeof SECONDS];
}
