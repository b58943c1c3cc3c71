import { limitsOf } from '../../../contracts/limits.ts';
import type { Limits } from '../../../contracts/schema/limits.ts';
import type { ApiKey } from '../../../contracts/secret.ts';
import type { Bounds } from './account.ts';

const PICO_PER_MICRO_DOLLAR = 1_000_000n;

/** USD as written in a file, to the micro-dollar → pico-dollars. */
export function picoDollarsOf(usd: number): bigint {
  return BigInt(Math.round(usd * 1e6)) * PICO_PER_MICRO_DOLLAR;
}

/** A key's own limits over the environment's defaults. Undefined: none at all. */
export function boundsOf({ limits: own }: ApiKey, defaults: Limits | undefined): Bounds | undefined {
  const { requestsPerMinute, tokensPerMinute, parallel, usdPerDay, usdPerMonth } = limitsOf(own, defaults);
  const bounds: Bounds = {
    ...{ requestsPerMinute, tokensPerMinute, parallel },
    day: usdPerDay === undefined ? undefined : picoDollarsOf(usdPerDay),
    month: usdPerMonth === undefined ? undefined : picoDollarsOf(usdPerMonth),
  };
  return Object.values(bounds).some((bound) => bound !== undefined) ? bounds : undefined;
}
