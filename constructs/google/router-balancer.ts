import { ComputeForwardingRule } from '@cdktf/provider-google/lib/compute-forwarding-rule/index.js';
import { ComputeHealthCheck } from '@cdktf/provider-google/lib/compute-health-check/index.js';
import { ComputeRegionBackendService } from '@cdktf/provider-google/lib/compute-region-backend-service/index.js';
import { DnsRecordSet } from '@cdktf/provider-google/lib/dns-record-set/index.js';
import { Construct } from 'constructs';
import type { Environment } from '../../contracts/environment.ts';
import { ROUTER_HEALTH_PATH } from '../../contracts/router-health.ts';
import { resourceName } from '../../workloads/google-names.ts';
import { routerTimes } from '../../workloads/router-machine-facts.ts';
import type { Network } from './network.ts';
import type { Place } from './place.ts';
import type { RouterGroup } from './router-group.ts';

export interface RouterBalancerProps {
  readonly environment: Environment;
  readonly place: Place;
  readonly network: Network;
  readonly group: RouterGroup;
}

const SCHEME = 'INTERNAL';
const TTL_SECONDS = 60;
/** The most that Google waits. */
const LONGEST_DRAIN_SECONDS = 3600;

/**
 * One name for the routers, inside the network: `router.<environment>.fleet.internal`. It passes connections through
 * and asks each router's agent whether nginx serves. A router that leaves, or whose agent is silent, gets no new
 * connections and keeps those it has.
 */
export class RouterBalancer extends Construct {
  constructor(scope: Construct, id: string, { environment, place, network, group }: RouterBalancerProps) {
    super(scope, id);
    const { port, agentPort } = environment.router;
    const named = (...parts: string[]) => ({
      name: resourceName(place.environment, ['router', ...parts]),
    });
    const check = new ComputeHealthCheck(this, 'serves', {
      ...named('serves'),
      httpHealthCheck: { port: agentPort, requestPath: ROUTER_HEALTH_PATH },
      checkIntervalSec: 5,
      timeoutSec: 3,
      healthyThreshold: 2,
      unhealthyThreshold: 2,
    });
    const backend = new ComputeRegionBackendService(this, 'backend', {
      ...named('backend'),
      region: place.region,
      loadBalancingScheme: SCHEME,
      protocol: 'TCP',
      network: network.resource.id,
      backend: [{ group: group.resource.instanceGroup, balancingMode: 'CONNECTION' }],
      healthChecks: [check.id],
      connectionDrainingTimeoutSec: Math.min(routerTimes(environment).leaveSeconds, LONGEST_DRAIN_SECONDS),
    });
    const entry = new ComputeForwardingRule(this, 'Resource', {
      ...named('entry'),
      region: place.region,
      loadBalancingScheme: SCHEME,
      ipProtocol: 'TCP',
      ports: [String(port)],
      network: network.resource.id,
      subnetwork: network.routers.resource.id,
      backendService: backend.id,
    });
    new DnsRecordSet(this, 'name', {
      managedZone: network.names.name,
      name: `router.${network.names.dnsName}`,
      type: 'A',
      ttl: TTL_SECONDS,
      rrdatas: [entry.ipAddress],
    });
  }
}
