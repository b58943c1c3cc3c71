import type { Environment } from './environment.ts';
import type { Problem } from './problem.ts';
import { runsRedis } from './redis-rules.ts';
import { releasesOf, serversOf } from './release.ts';

/** A port that an environment's programs listen on, and the key of its file that sets it. */
export interface EnvironmentPort {
  readonly path: Problem['path'];
  readonly port: number;
}

/** All ports that an environment takes on one host. Empty where its programs do not share one (google, aws). */
export function portsOf(environment: Environment): EnvironmentPort[] {
  if (environment.platform !== 'process' && environment.platform !== 'docker') return [];
  const { gateway, router, egress, prometheus, alertmanager, grafana, reviewer } = environment;
  return [
    { path: ['gateway', 'port'], port: gateway.port },
    { path: ['gateway', 'adminPort'], port: gateway.adminPort },
    { path: ['router', 'port'], port: router.port },
    { path: ['router', 'adminPort'], port: router.adminPort },
    { path: ['router', 'agentPort'], port: router.agentPort },
    { path: ['egress', 'port'], port: egress.port },
    { path: ['egress', 'adminPort'], port: egress.adminPort },
    { path: ['prometheus', 'port'], port: prometheus.port },
    ...(alertmanager === undefined ? [] : [{ path: ['alertmanager', 'port'], port: alertmanager.port }]),
    ...(grafana === undefined ? [] : [{ path: ['grafana', 'port'], port: grafana.port }]),
    ...(reviewer === undefined
      ? []
      : [
          { path: ['reviewer', 'port'], port: reviewer.port },
          { path: ['reviewer', 'adminPort'], port: reviewer.adminPort },
        ]),
    ...(gateway.redis !== undefined && runsRedis(environment)
      ? [{ path: ['gateway', 'redis', 'port'], port: gateway.redis.port }]
      : []),
    ...simulatedPorts(environment),
    ...serverPorts(environment),
  ];
}

function simulatedPorts({ endpoints }: Environment): EnvironmentPort[] {
  return Object.entries(endpoints)
    .filter(([, { simulated }]) => simulated === true)
    .map(([name, { url }]) => ({ path: ['endpoints', name, 'url'], port: Number(new URL(url).port) || 443 }));
}

function serverPorts(environment: Environment): EnvironmentPort[] {
  return releasesOf(environment).flatMap((release) =>
    serversOf(release, true).map(({ port }) => ({
      path: ['models', release.model, 'releases', release.name, 'nodes', 'port'],
      port,
    })),
  );
}
