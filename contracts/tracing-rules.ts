import { isIPv4 } from 'node:net';
import type { Environment } from './environment.ts';
import type { Problem } from './problem.ts';
import { releasesOf } from './release.ts';

/** Where spans go, as a firewall sees it. */
export interface Collector {
  /** Undefined: it has a name, which firewalls do not know. */
  readonly address: string | undefined;
  readonly port: number;
}

/** Undefined: the environment traces nothing. */
export function collectorOf({ gateway: { tracing } }: Environment): Collector | undefined {
  if (tracing === undefined) return undefined;
  const { hostname, port, protocol } = new URL(tracing.endpoint);
  const usual = protocol === 'https:' ? 443 : 80;
  return { address: isIPv4(hostname) ? hostname : undefined, port: port === '' ? usual : Number(port) };
}

/** Whether any server sends spans of its own. */
export function tracesNodes(environment: Environment): boolean {
  return releasesOf(environment).some(({ document }) => document.nodes?.traced === true);
}

/** Spans need a place to go to, and a way there. */
export function tracingProblems(environment: Environment): Problem[] {
  const { platform } = environment;
  const collector = collectorOf(environment);
  if (collector === undefined)
    return releasesOf(environment)
      .filter(({ document }) => document.nodes?.traced === true)
      .map(({ model, name }) => ({
        path: ['models', model, 'releases', name, 'nodes', 'traced'],
        message: 'needs `gateway.tracing`, whose endpoint says where spans go',
      }));
  const closed = platform === 'aws' || (platform === 'google' && tracesNodes(environment));
  if (!closed || collector.address !== undefined) return [];
  return [
    {
      path: ['gateway', 'tracing', 'endpoint'],
      message: `platform ${platform} opens its firewall to an address alone, got ${environment.gateway.tracing?.endpoint}; give the collector's IPv4 address instead of its name`,
    },
  ];
}
