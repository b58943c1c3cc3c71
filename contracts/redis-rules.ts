import type { Environment } from './environment.ts';
import type { Problem } from './problem.ts';

/** Whether the platform has to run a Redis for the gateways. */
export function runsRedis({ gateway: { redis } }: Environment): boolean {
  return redis !== undefined && redis.address === undefined;
}

const PATH = ['gateway', 'redis'];

/** A Redis is either somebody else's, with all that reaching it takes, or the platform's own. */
export function redisProblems(environment: Environment): Problem[] {
  const { platform, gateway } = environment;
  const { redis } = gateway;
  if (redis === undefined || !runsRedis(environment)) return [];
  if (platform !== 'process' && platform !== 'docker')
    return [
      {
        path: PATH,
        message: `platform ${platform} runs no Redis so far; name one by \`address: host:port\``,
        refersTo: [...PATH, 'address'],
      },
    ];
  return (['password', 'tls', 'certificateAuthority'] as const)
    .filter((field) => redis[field] !== undefined && redis[field] !== false)
    .map((field) => ({
      path: [...PATH, field],
      message: `is for a Redis that somebody else runs, which \`address\` names; the platform's own can be reached by its own parts only`,
    }));
}
