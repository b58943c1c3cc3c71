import { Limits } from './schema/limits.ts';
import type { KeyLimits } from './secret.ts';

/** What holds for a key: its own limits, else the environment's. A null of its own is no limit. */
export function limitsOf(own: KeyLimits = {}, defaults: Limits = {}): Limits {
  const names = Object.keys(Limits.shape) as (keyof Limits)[];
  return Object.fromEntries(
    names.flatMap((name) => {
      const limit = own[name] === undefined ? defaults[name] : own[name];
      return limit === undefined || limit === null ? [] : [[name, limit]];
    }),
  );
}
