import { z } from 'zod';
import { KeyCompression } from './compression.ts';
import { Limits } from './schema/limits.ts';

/** Where a running program reads a secret's value from: a file (relative to its working folder) or its own environment. */
export const SecretSource = z.union([
  z.strictObject({ file: z.string().min(1) }),
  z.strictObject({ env: z.string().min(1) }),
]);
export type SecretSource = z.output<typeof SecretSource>;

const { shape } = Limits;

/** A key's own limits. A field that says nothing takes the environment's default, null is no limit whatever that says. */
export const KeyLimits = z.strictObject({
  requestsPerMinute: shape.requestsPerMinute.nullable(),
  tokensPerMinute: shape.tokensPerMinute.nullable(),
  parallel: shape.parallel.nullable(),
  usdPerDay: shape.usdPerDay.nullable(),
  usdPerMonth: shape.usdPerMonth.nullable(),
});
export type KeyLimits = z.output<typeof KeyLimits>;

/** The environment variable that brings a secret to a container which takes secrets in no other way. */
export function secretVariable(name: string): string {
  return `FLEET_SECRET_${name.toUpperCase().replace(/[^A-Z0-9]/g, '_')}`;
}

/** One API key as the gateway knows it. The key itself is stored nowhere. */
export const ApiKey = z.strictObject({
  /** Stable, public: metric and ledger label, HMAC key of the routing key. */
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/),
  /** SHA-256 of the key, hex. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** May choose the release by `x-fleet-release`. */
  pin: z.boolean().default(false),
  /** Absent: as each model says. */
  compression: KeyCompression.optional(),
  /** Public model names that it may use; to it no others exist. @default - all */
  models: z.array(z.string().min(1)).min(1).optional(),
  /** @default - the environment's `gateway.limits` */
  limits: KeyLimits.optional(),
});
export type ApiKey = z.output<typeof ApiKey>;

/** Content of the secret that `gateway.keys` names: a JSON list. */
export const ApiKeys = z.array(ApiKey);
