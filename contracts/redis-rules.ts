import type { Environment } from './environment.ts';
import type { Problem } from './problem.ts';

/** Whether the platform has to run a Redis for the gateways. */
export function runsRedis({ gateway: { redis } }: Environment): boolean {
  return redis !== undefined && redis.address === undefined;
}

const PATH = ['gateway', 'redis'];
/** Memorystore for Valkey listens here and nowhere else. */
export const MEMORYSTORE_PORT = 6379;

/** A Redis is either somebody else's, with all that reaching it takes, or the platform's own. */
export function redisProblems(environment: Environment): Problem[] {
  const { platform, gateway } = environment;
  const { redis } = gateway;
  if (redis === undefined || !runsRedis(environment)) return [];
  const elsewhere =
    platform === 'google' && redis.port !== MEMORYSTORE_PORT
      ? [
          {
            path: [...PATH, 'port'],
            message: `Memorystore listens on ${MEMORYSTORE_PORT} and nowhere else, got ${redis.port}; remove it`,
          },
        ]
      : [];
  const others = (['password', 'tls', 'certificateAuthority'] as const)
    .filter((field) => redis[field] !== undefined && redis[field] !== false)
    .map((field) => ({
      path: [...PATH, field],
      message: `is for a Redis that somebody else runs, which \`address\` names; the platform's own is reached by its gateways alone`,
    }));
  return [...elsewhere, ...others];
}
